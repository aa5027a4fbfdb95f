module example.com/leave

go 1.21
