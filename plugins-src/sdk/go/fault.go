package remit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// Kind is of what kind a fault is.
type Kind uint8

const (
	// Internal is a fault of the plugin's own.
	Internal Kind = iota
	// InvalidInput says that the input is not what the operation takes, in a way that its schema cannot say.
	InvalidInput
	// Denied says that the host or a service refused.
	Denied
	// NotFound says that the thing asked for is not there.
	NotFound
	// Conflict says that the thing is there already, or has changed meanwhile.
	Conflict
	// Unavailable says that the service did not answer, or not now: trying again later may work.
	Unavailable
)

// String is the kind's name, as the host shows it.
func (k Kind) String() string {
	switch k {
	case InvalidInput:
		return "invalid-input"
	case Denied:
		return "denied"
	case NotFound:
		return "not-found"
	case Conflict:
		return "conflict"
	case Unavailable:
		return "unavailable"
	default:
		return "internal"
	}
}

// Fault says why an operation could not be done, in words for the person who runs the skill: what was wrong, and
// with which value. It is an ordinary error, and may be wrapped like one: the words are then those of the
// outermost error, the kind is that of the fault.
type Fault struct {
	Kind Kind
	err  error
}

// Error is the words, without the kind.
func (f *Fault) Error() string { return f.err.Error() }

// Unwrap gives what was wrapped with %w.
func (f *Fault) Unwrap() error { return errors.Unwrap(f.err) }

// InvalidInputf makes an error of kind [InvalidInput], in the way of [fmt.Errorf].
func InvalidInputf(format string, args ...any) error {
	return &Fault{InvalidInput, fmt.Errorf(format, args...)}
}

// Deniedf makes an error of kind [Denied], in the way of [fmt.Errorf].
func Deniedf(format string, args ...any) error {
	return &Fault{Denied, fmt.Errorf(format, args...)}
}

// NotFoundf makes an error of kind [NotFound], in the way of [fmt.Errorf].
func NotFoundf(format string, args ...any) error {
	return &Fault{NotFound, fmt.Errorf(format, args...)}
}

// Conflictf makes an error of kind [Conflict], in the way of [fmt.Errorf].
func Conflictf(format string, args ...any) error {
	return &Fault{Conflict, fmt.Errorf(format, args...)}
}

// Unavailablef makes an error of kind [Unavailable], in the way of [fmt.Errorf].
func Unavailablef(format string, args ...any) error {
	return &Fault{Unavailable, fmt.Errorf(format, args...)}
}

// Internalf makes an error of kind [Internal], in the way of [fmt.Errorf].
func Internalf(format string, args ...any) error {
	return &Fault{Internal, fmt.Errorf(format, args...)}
}

// KindOf says of what kind an error is as a fault: the kind of the [Fault] in it; else what the standard
// library's file errors mean; else [Internal].
func KindOf(err error) Kind {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault.Kind
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	if kind, isFiles := kindOfFileError(err); isFiles {
		return kind
	}
	var network interface {
		error
		Timeout() bool
		Temporary() bool
	}
	if errors.As(err, &network) {
		return Unavailable
	}
	return Internal
}

// kindOfFileError knows the errors of packages os and io/fs.
func kindOfFileError(err error) (Kind, bool) {
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return Denied, true
	case errors.Is(err, fs.ErrNotExist):
		return NotFound, true
	case errors.Is(err, fs.ErrExist):
		return Conflict, true
	case errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.ENOSPC):
		// The grant's bytes or entries are used up.
		return Denied, true
	case errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENOTDIR):
		return InvalidInput, true
	}
	var path *fs.PathError
	if !errors.As(err, &path) {
		return Internal, false
	}
	if errors.Is(err, syscall.EBADF) && noMountErrors {
		return Denied, true
	}
	return Unavailable, true
}
