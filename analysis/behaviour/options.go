package behaviour

import (
	"flag"
	"os"
	"sync"

	"github.com/backstop-go/backstop/analysis/model"
)

var modelFile string

func flags() flag.FlagSet {
	fs := flag.NewFlagSet("behaviour", flag.ExitOnError)
	fs.StringVar(&modelFile, "model", "", "a `file` that tells of more functions, as package model describes")
	return *fs
}

var loaded = struct {
	sync.Mutex
	file  string
	model *model.Model
	err   error
}{}

// LoadModel reads the file that the flag -behaviour.model names, once. The error
// is for the driver: analyzers go on with the model that comes with them.
func LoadModel() (*model.Model, error) {
	loaded.Lock()
	defer loaded.Unlock()
	if loaded.model != nil && loaded.file == modelFile {
		return loaded.model, loaded.err
	}
	loaded.file, loaded.model, loaded.err = modelFile, model.Default(), nil
	if modelFile == "" {
		return loaded.model, nil
	}
	file, err := os.Open(modelFile)
	if err != nil {
		loaded.err = err
		return loaded.model, err
	}
	defer file.Close()
	m, err := model.Default().With(modelFile, file)
	if err != nil {
		loaded.err = err
		return loaded.model, err
	}
	loaded.model = m
	return m, nil
}

// Model is what LoadModel read, or the model that comes with the analyzers.
func Model() *model.Model {
	m, _ := LoadModel()
	return m
}
