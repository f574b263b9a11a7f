// SPDX-License-Identifier: Apache-2.0
package main

import (
	"crypto/rand"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"time"
)

func init() {
	add(map[string]func([]string) error{
		"http": httpGet,
		"tls":  tlsHello,
		"quic": quicInitial,
		"ntp":  ntpRequest,
		"dial": dial,
	})
}

// httpGet takes a URL; proxies are the environment's.
func httpGet(args []string) error {
	client := http.Client{Timeout: 15 * time.Second}
	answer, err := client.Get(args[0])
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

func tlsHello(args []string) error {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	connection, err := tls.DialWithDialer(&dialer, "tcp", args[0], &tls.Config{ServerName: args[1]})
	if err != nil {
		return err
	}
	return connection.Close()
}

// quicInitial sends what looks like the first datagram of QUIC version 1: a long header and 1200 bytes (RFC 9000, 14.1).
func quicInitial(args []string) error {
	datagram := make([]byte, 1200)
	_, _ = rand.Read(datagram)
	copy(datagram, []byte{0xc3, 0, 0, 0, 1, 8})
	return exchange(args[0], datagram)
}

func ntpRequest(args []string) error {
	request := make([]byte, 48)
	request[0] = 0x23 // version 4, client
	return exchange(args[0], request)
}

func exchange(place string, datagram []byte) error {
	connection, err := net.DialTimeout("udp", place, patience)
	if err != nil {
		return err
	}
	defer connection.Close()
	must(connection.SetDeadline(time.Now().Add(patience)))
	if _, err := connection.Write(datagram); err != nil {
		return err
	}
	_, err = connection.Read(make([]byte, 1500))
	return err
}

// dial is what an ordinary program does: `dial tcp HOST:PORT`.
func dial(args []string) error {
	connection, err := net.DialTimeout(args[0], args[1], 15*time.Second)
	if err != nil {
		return err
	}
	return connection.Close()
}
