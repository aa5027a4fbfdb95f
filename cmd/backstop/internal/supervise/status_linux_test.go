package supervise

// lastSignal is that of the real-time signals.
const lastSignal = 64

var noCore = Limits{NoCore: true}
