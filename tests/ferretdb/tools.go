//go:build tools

// Package tools pins the MongoDB-compatible server that the tests run against.
package tools

import _ "github.com/FerretDB/FerretDB/cmd/ferretdb"
