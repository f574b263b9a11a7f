// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

const (
	// A fresh link may take a second to learn its neighbour, a cluster's DNS may be busy starting.
	dnsPatience = 8 * time.Second
	answerTime  = time.Second
	askAgain    = 250 * time.Millisecond
)

var dnsCodes = []string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"}

func askOverUDP(c canary) (string, error) {
	return askUntilAnswered(func() ([]byte, error) {
		connection, err := dialServer("udp", c)
		if err != nil {
			return nil, err
		}
		defer connection.Close()
		if _, err := connection.Write(questionOf(c)); err != nil {
			return nil, err
		}
		answer := make([]byte, 1500)
		size, err := connection.Read(answer)
		return answer[:size], err
	})
}

func askOverTCP(c canary) (string, error) {
	return askUntilAnswered(func() ([]byte, error) {
		connection, err := dialServer("tcp", c)
		if err != nil {
			return nil, err
		}
		defer connection.Close()
		question := questionOf(c)
		length := binary.BigEndian.AppendUint16(nil, uint16(len(question)))
		if _, err := connection.Write(append(length, question...)); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(connection, length); err != nil {
			return nil, err
		}
		answer := make([]byte, binary.BigEndian.Uint16(length))
		_, err = io.ReadFull(connection, answer)
		return answer, err
	})
}

// askUntilAnswered asks again while nobody answers: the server may not be up yet.
func askUntilAnswered(ask func() ([]byte, error)) (string, error) {
	for end := time.Now().Add(paced(dnsPatience)); ; {
		began := time.Now()
		answer, err := ask()
		if err == nil {
			return answerCode(answer)
		}
		if time.Now().After(end) {
			return "", err
		}
		time.Sleep(askAgain - time.Since(began))
	}
}

// dialServer asks the server of the plan, or the one that this place is given.
func dialServer(transport string, c canary) (net.Conn, error) {
	server := c.To.Address
	if server == "" {
		var err error
		if server, err = ownResolver(); err != nil {
			return nil, err
		}
	}
	connection, err := net.DialTimeout(transport, net.JoinHostPort(server, "53"), paced(answerTime))
	if err != nil {
		return nil, err
	}
	return connection, connection.SetDeadline(time.Now().Add(paced(answerTime)))
}

func ownResolver() (string, error) {
	text, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "nameserver" {
			return fields[1], nil
		}
	}
	return "", errors.New("/etc/resolv.conf names no server")
}

// questionOf is a query for an IPv4 address, recursion desired.
func questionOf(c canary) []byte {
	message := binary.BigEndian.AppendUint16(nil, c.To.Question.ID)
	message = append(message, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	for label := range strings.SplitSeq(c.To.Name, ".") {
		message = append(append(message, byte(len(label))), label...)
	}
	return append(message, 0, 0, 1, 0, 1)
}

func answerCode(answer []byte) (string, error) {
	if len(answer) < 12 {
		return "", fmt.Errorf("an answer of %d bytes", len(answer))
	}
	code := int(answer[3] & 0x0f)
	if code < len(dnsCodes) {
		return dnsCodes[code], nil
	}
	return fmt.Sprintf("code %d", code), nil
}
