package main

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"calendar/ics"
	"remit"
)

// What is read of files at most: a call has little memory.
const (
	mostBytes = 8 << 20
	mostFiles = 10_000
)

// inFolder is a calendar of .ics files: one, or a folder of them, as many programs keep an event to a file.
type inFolder struct {
	root, id string
	files    []string
	isFolder bool
}

// storesIn finds a folder's calendars: each .ics file, and each folder of them.
func storesIn(root string) ([]store, error) {
	names, err := icsFiles(root)
	if err != nil {
		return nil, err
	}
	var stores []store
	for _, name := range names {
		stores = append(stores, inFolder{root: root, id: name, files: []string{name}})
	}
	folders, err := subfolders(root)
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		files, err := icsFiles(path.Join(root, folder))
		if err != nil {
			return nil, err
		}
		for i, name := range files {
			files[i] = path.Join(folder, name)
		}
		stores = append(stores, inFolder{root: root, id: folder + "/", files: files, isFolder: true})
	}
	return stores, nil
}

// icsFiles are the names of a folder's .ics files, in order.
func icsFiles(folder string) ([]string, error) {
	return names(folder, func(entry fs.DirEntry) bool {
		return !entry.IsDir() && strings.EqualFold(path.Ext(entry.Name()), ".ics")
	})
}

func subfolders(folder string) ([]string, error) {
	return names(folder, fs.DirEntry.IsDir)
}

func names(folder string, wanted func(fs.DirEntry) bool) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".") && wanted(entry) {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

func (c inFolder) info() calendarInfo {
	kind := "file"
	if c.isFolder {
		kind = "folder"
	}
	return calendarInfo{ID: c.id, Name: strings.TrimSuffix(strings.TrimSuffix(c.id, "/"), path.Ext(c.id)), Kind: kind}
}

func (c inFolder) read(_ ics.Window, warn func(string)) ([][]byte, error) {
	var all [][]byte
	left := int64(mostBytes)
	for i, name := range c.files {
		if i == mostFiles {
			warn(fmt.Sprintf("left out %d files of %d", len(c.files)-i, len(c.files)))
			break
		}
		data, err := readFile(path.Join(c.root, name), left)
		if errors.Is(err, errTooLarge) {
			warn(fmt.Sprintf("left out %s: together the files are larger than %d MiB", name, mostBytes>>20))
			continue
		}
		if err != nil && c.isFolder && remit.KindOf(err) != remit.Denied {
			warn(fmt.Sprintf("left out %s: %v", name, err))
			continue
		}
		if err != nil {
			return nil, err
		}
		left -= int64(len(data))
		all = append(all, data)
	}
	return all, nil
}

var errTooLarge = errors.New("too large")

// readFile reads a whole file of at most so many bytes.
func readFile(name string, most int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		return nil, err
	}
	// At once as large as it is said to be: a buffer that grows would be in memory twice.
	var data bytes.Buffer
	data.Grow(int(min(about.Size(), most)) + bytes.MinRead)
	_, err = data.ReadFrom(io.LimitReader(file, most+1))
	if err == nil && int64(data.Len()) > most {
		err = fmt.Errorf("%s: %w", name, errTooLarge)
	}
	return data.Bytes(), err
}

func (c inFolder) create(event ics.New) (string, error) {
	if c.isFolder {
		name := path.Join(c.id, fileName(event.UID))
		err := writeNew(path.Join(c.root, name), event.Calendar())
		if errors.Is(err, fs.ErrExist) {
			return "", remit.Conflictf("there is an event %q already", event.UID)
		}
		return name, err
	}
	name := path.Join(c.root, c.id)
	data, err := readFile(name, mostBytes)
	if errors.Is(err, errTooLarge) {
		return "", remit.InvalidInputf("%s is larger than %d MiB: no event is added to it", c.id, mostBytes>>20)
	}
	if err != nil {
		return "", err
	}
	if has(data, event.UID) {
		return "", remit.Conflictf("there is an event %q already", event.UID)
	}
	added, ok := event.AddTo(data)
	if !ok {
		return "", remit.InvalidInputf("%s is no calendar: it has no END:VCALENDAR", c.id)
	}
	return c.id, replace(name, added)
}

func has(data []byte, uid string) bool {
	for _, calendar := range ics.Parse(data, func(string) {}) {
		for _, component := range calendar.Components {
			if component.Text("UID") == uid {
				return true
			}
		}
	}
	return false
}

// fileName makes a name of a UID, another for another.
func fileName(uid string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_@.", r) {
			return r
		}
		return '-'
	}, uid)
	name = strings.TrimLeft(name, ".")
	if name != uid {
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(uid))
		name = fmt.Sprintf("%s-%08x", name, hash.Sum32())
	}
	return name + ".ics"
}

// writeNew writes a file that was not there.
func writeNew(name string, data []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		// Half an event would look like a whole one. The first error is the one to tell.
		_ = os.Remove(name)
	}
	return err
}

// replace writes beside and renames: readers see the old file or the new one.
func replace(name string, data []byte) error {
	beside := path.Join(path.Dir(name), "."+path.Base(name)+".new")
	// Left over from a call that was stopped.
	_ = os.Remove(beside)
	if err := writeNew(beside, data); err != nil {
		return err
	}
	if err := os.Rename(beside, name); err != nil {
		_ = os.Remove(beside)
		return err
	}
	return nil
}
