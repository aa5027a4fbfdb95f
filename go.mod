module github.com/backstop-go/backstop

go 1.22
