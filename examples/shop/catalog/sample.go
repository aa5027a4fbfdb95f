package catalog

// Sample is the assortment of the demo: twelve products in a small tree.
func Sample() *Catalog {
	tree := NewTree(map[string]string{
		"home":    "",
		"kitchen": "home",
		"coffee":  "kitchen",
		"tea":     "kitchen",
		"desk":    "home",
		"lamps":   "desk",
	})
	return New([]Product{
		{"CF-100", "Espresso beans, 1 kg", "coffee", 1890},
		{"CF-110", "Filter beans, 500 g", "coffee", 1090},
		{"CF-200", "Hand grinder", "coffee", 5900},
		{"CF-210", "Moka pot", "coffee", 3450},
		{"DK-100", "Desk lamp, brass", "lamps", 8900},
		{"DK-110", "Desk lamp, steel", "lamps", 6900},
		{"DK-200", "Cable tray", "desk", 2400},
		{"DK-300", "Felt pad", "desk", 1900},
		{"TE-100", "Sencha, 100 g", "tea", 1290},
		{"TE-110", "Earl Grey, 250 g", "tea", 1150},
		{"TE-200", "Cast iron teapot", "tea", 7400},
		{"TE-300", "Bamboo whisk", "tea", 1650},
	}, tree)
}
