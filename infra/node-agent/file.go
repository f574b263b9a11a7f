// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"os"
)

// fileMain writes or reads a small file: file write PATH TEXT | read PATH. What is written is on the disk when it ends. For
// volumes, from inside the pod that holds one.
func fileMain(args []string) int {
	var err error
	switch {
	case len(args) == 3 && args[0] == "write":
		err = writeThrough(args[1], args[2])
	case len(args) == 2 && args[0] == "read":
		var text []byte
		if text, err = os.ReadFile(args[1]); err == nil {
			_, err = os.Stdout.Write(text)
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: airgap-node file write PATH TEXT | read PATH")
		return 2
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "airgap-node file: %v\n", err)
		return 1
	}
	return 0
}

func writeThrough(path, text string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		return err
	}
	return file.Sync()
}
