module example.org/tested

go 1.22

require github.com/backstop-go/backstop v0.0.0

replace github.com/backstop-go/backstop => ../../../../../../..
