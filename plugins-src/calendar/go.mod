module calendar

go 1.27

require remit v0.0.0

replace remit => ../sdk/go
