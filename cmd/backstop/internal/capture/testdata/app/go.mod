// The unmodified program: Go 1.21 has to build it. The variant with the SDK is
// built with -modfile=sdk.mod.
module example.com/capture

go 1.21
