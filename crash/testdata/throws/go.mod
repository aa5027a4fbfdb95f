module example.com/throws

go 1.21
