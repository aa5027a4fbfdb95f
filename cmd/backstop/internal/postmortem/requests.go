package postmortem

func (t *taken) takeRequests() {}
