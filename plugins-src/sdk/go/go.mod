module remit

go 1.27
