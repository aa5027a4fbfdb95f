module example.com/relic

go 1.9
