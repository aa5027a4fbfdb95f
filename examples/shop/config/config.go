// Package config reads the shop's settings and reads them again on request.
package config

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// exitConfig is EX_CONFIG of sysexits(3): something is wrong in a
// configuration.
const exitConfig = 78

// Settings can be changed while the shop runs.
type Settings struct {
	Currency     string `json:"currency"`
	FreeShipping int64  `json:"free_shipping"` // in cents
}

// Config holds the settings in force. It is safe for concurrent use.
type Config struct {
	mu       sync.RWMutex
	settings Settings
}

// Default returns the settings the shop starts with.
func Default() *Config {
	return &Config{settings: Settings{Currency: "EUR", FreeShipping: 4900}}
}

// Settings returns the settings in force.
func (c *Config) Settings() Settings {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.settings
}

// Reload puts new settings in force.
func (c *Config) Reload(data []byte) {
	var s Settings
	if err := json.Unmarshal(data, &s); err != nil {
		// Right in main, before there was anything to lose. Reload came later
		// and calls the same function.
		fmt.Println("config:", err)
		os.Exit(exitConfig)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settings = s
}
