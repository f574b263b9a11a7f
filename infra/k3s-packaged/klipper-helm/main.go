// SPDX-License-Identifier: Apache-2.0

// Command klipper-helm is the program of the job that K3s's helm-controller makes for a HelmChart (image rancher/klipper-helm), written
// anew for the stand-in: it installs, upgrades or deletes one release as its environment and arguments say, by the helm beside it.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	if err := run(readJob(os.Args[1:], os.Getenv, "/"), callHelm); err != nil {
		fmt.Fprintf(os.Stderr, "klipper-helm: %v\n", err)
		os.Exit(1)
	}
}

// callHelm runs helm. The output of a question is given back, that of all else is the job's own.
func callHelm(ask bool, args ...string) (string, error) {
	command := exec.Command("helm", args...)
	if ask {
		output, err := command.CombinedOutput()
		return string(output), err
	}
	fmt.Println("+ helm", shown(args))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	return "", command.Run()
}

// shown is a command's arguments for the log, without the password among them.
func shown(args []string) string {
	told := make([]string, len(args))
	for i, arg := range args {
		told[i] = arg
		if i > 0 && args[i-1] == "--password" {
			told[i] = "***"
		}
	}
	return strings.Join(told, " ")
}
