module corpus.test/old

go 1.22
