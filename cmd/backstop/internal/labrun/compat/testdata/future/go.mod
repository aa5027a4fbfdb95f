module example.org/future

go 1.26
