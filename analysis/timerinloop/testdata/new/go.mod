module new

go 1.23
