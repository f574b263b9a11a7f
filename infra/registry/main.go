// SPDX-License-Identifier: Apache-2.0

// Command registry is the CNCF's registry (github.com/distribution/distribution) with the parts that a simulated site
// needs: a folder for storage and passwords from a file. The cloud storage drivers of the whole program would more than
// double its build.
package main

import (
	"fmt"
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func main() {
	if err := registry.RootCmd.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
