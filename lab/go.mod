module github.com/backstop-go/backstop/lab

go 1.21
