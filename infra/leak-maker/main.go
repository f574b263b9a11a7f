// SPDX-License-Identifier: Apache-2.0

// Command leak-maker calls out in one of many known ways, as a workload of the leak corpus (suites/leaks): by which system
// call, from which process and in which network namespace is said on its command line. That nothing answers is what it expects:
// it fails only when it could not even try.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

// cannotTry is the exit code of a kind that this kernel, or this container's rights, do not have.
const cannotTry = 3

// patience is how long a try waits to learn what becomes of it. Its routing look-up comes at once.
const patience = time.Second

// kinds by name. Each makes one try and returns what it met.
var kinds = map[string]func(args []string) error{}

// add registers kinds; every file adds its own.
func add(some map[string]func(args []string) error) {
	for name, kind := range some {
		kinds[name] = kind
	}
}

// unable is what a kind panics with when it cannot try.
type unable struct{ err error }

func must(err error) {
	if err != nil {
		panic(unable{err})
	}
}

// waitForever sleeps: Go's runtime ends a program of which nothing can wake up.
func waitForever() {
	for {
		time.Sleep(time.Hour)
	}
}

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) (code int) {
	flags := flag.NewFlagSet("leak-maker", flag.ContinueOnError)
	after := flags.Duration("after", 0, "wait before the first try")
	times := flags.Int("times", 1, "how many tries")
	until := flags.Duration("until", 0, "try again until it succeeds, and fail when it has not after this time")
	linger := flags.Duration("linger", 0, "wait after the last try, for who reads the command line of what runs")
	stay := flags.Bool("stay", false, "do not end afterwards")
	flags.String("password", "", "a secret for the command line to hold; used for nothing")
	flags.String("api-key", "", "the same")
	if flags.Parse(args) != nil || flags.NArg() == 0 {
		return 2
	}
	name, rest := flags.Arg(0), flags.Args()[1:]
	kind := kinds[name]
	if kind == nil {
		fmt.Fprintf(os.Stderr, "leak-maker: there is no kind %q\n", name)
		return 2
	}
	defer func() {
		if failed, isUnable := recover().(unable); isUnable {
			fmt.Fprintf(os.Stderr, "leak-maker: %s: cannot try: %v\n", name, failed.err)
			code = cannotTry
		}
	}()
	time.Sleep(*after)
	met := kind(rest)
	for end := time.Now().Add(*until); met != nil && time.Now().Before(end); met = kind(rest) {
		time.Sleep(time.Second / 2)
	}
	if met != nil && *until > 0 {
		panic(unable{met})
	}
	for range *times - 1 {
		met = kind(rest)
	}
	fmt.Printf("%s: %v\n", name, met)
	time.Sleep(*linger)
	if *stay {
		waitForever()
	}
	return 0
}
