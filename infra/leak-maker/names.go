// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"time"
)

func init() {
	add(map[string]func([]string) error{
		"lookup":         lookup(""),
		"lookup-tcp":     lookup("tcp"),
		"lookup-address": lookupAddress,
		"lookup-text":    lookupText,
		"lookup-service": lookupService,
		"question-udp":   question("udp"),
		"question-tcp":   question("tcp"),
	})
}

func soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 20*time.Second)
}

// lookup asks the container's own name server for a host; over `transport`, if that is not empty, whatever resolv.conf says.
func lookup(transport string) func([]string) error {
	return func(args []string) error {
		ctx, done := soon()
		defer done()
		resolver := net.Resolver{PreferGo: true}
		if transport != "" {
			resolver.Dial = func(ctx context.Context, _, server string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, transport, server)
			}
		}
		_, err := resolver.LookupHost(ctx, args[0])
		return err
	}
}

func lookupAddress(args []string) error {
	ctx, done := soon()
	defer done()
	_, err := (&net.Resolver{PreferGo: true}).LookupAddr(ctx, args[0])
	return err
}

func lookupText(args []string) error {
	ctx, done := soon()
	defer done()
	_, err := (&net.Resolver{PreferGo: true}).LookupTXT(ctx, args[0])
	return err
}

func lookupService(args []string) error {
	ctx, done := soon()
	defer done()
	_, _, err := (&net.Resolver{PreferGo: true}).LookupSRV(ctx, "", "", args[0])
	return err
}

// question asks a given name server: `question-udp ADDR:PORT NAME`. The server `cluster` is that of the container's resolv.conf.
func question(transport string) func([]string) error {
	return func(args []string) error {
		server := args[0]
		if server == "cluster" {
			server = net.JoinHostPort(nameServer(), "53")
		}
		connection, err := net.DialTimeout(transport, server, patience)
		if err != nil {
			return err
		}
		defer connection.Close()
		must(connection.SetDeadline(time.Now().Add(patience)))
		message := questionFor(args[1])
		if transport == "tcp" {
			message = append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
		}
		if _, err := connection.Write(message); err != nil {
			return err
		}
		_, err = io.ReadAtLeast(connection, make([]byte, 512), 12)
		return err
	}
}

func questionFor(name string) []byte {
	message := binary.BigEndian.AppendUint16(nil, uint16(rand.N(1<<16)))
	message = append(message, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	for label := range strings.SplitSeq(name, ".") {
		message = append(append(message, byte(len(label))), label...)
	}
	return append(message, 0, 0, 1, 0, 1)
}

func nameServer() string {
	text, err := os.ReadFile("/etc/resolv.conf")
	must(err)
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "nameserver" {
			return fields[1]
		}
	}
	panic(unable{os.ErrNotExist})
}
