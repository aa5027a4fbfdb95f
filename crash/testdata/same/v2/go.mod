module example.com/shop

go 1.21

require example.com/lib/v2 v2.0.1

replace example.com/lib/v2 => ../lib
