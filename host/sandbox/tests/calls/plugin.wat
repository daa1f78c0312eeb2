(component
  (type $types (instance
    (type $effect' (enum "read" "write" "destructive"))
    (export "effect" (type $effect (eq $effect')))
    (type $operation' (record
      (field "name" string) (field "summary" string) (field "input-schema" string)
      (field "output-schema" string) (field "effect" $effect) (field "idempotent" bool)))
    (export "operation" (type $operation (eq $operation')))
    (type $need' (record (field "grant" string) (field "reason" string)))
    (export "need" (type $need (eq $need')))
    (type $operations (list $operation))
    (type $needs (list $need))
    (type $description' (record
      (field "name" string) (field "version" string) (field "summary" string)
      (field "operations" $operations) (field "needs" $needs)))
    (export "description" (type $description (eq $description')))
    (type $fault' (variant
      (case "invalid-input" string) (case "denied" string) (case "not-found" string)
      (case "conflict" string) (case "unavailable" string) (case "internal" string)))
    (export "fault" (type $fault (eq $fault')))
  ))
  (import "remit:connector/types@0.1.0" (instance $t (type $types)))
  (alias export $t "description" (type $description))
  (alias export $t "fault" (type $fault))
  IMPORTS
  (core module $m
    HEAD
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (block $fits
        (loop $more
          (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
          (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
          unreachable))
      (local.get $at))
    ;; Zeros: an empty name, version and summary, no operations, no needs.
    (func (export "describe") (result i32) (i32.const 64))
    (func $answer (param $at i32) (param $length i32) (result i32)
      (i32.store (i32.const 16) (i32.const 0))
      (i32.store (i32.const 20) (local.get $at))
      (i32.store (i32.const 24) (local.get $length))
      (i32.const 16))
    BODY
  )
  INSTANCE
  (func $invoke (param "operation" string) (param "input" string) (result (result string (error $fault)))
    (canon lift (core func $i "invoke") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (func $describe (result $description)
    (canon lift (core func $i "describe") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (instance $connector (export "describe" (func $describe)) (export "invoke" (func $invoke)))
  (export "remit:connector/connector@0.1.0" (instance $connector))
)
