// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// askProxy asks the site's proxy (Gateway, host:port) for the canary's name, and returns the proxy's status line.
func askProxy(c canary) (string, error) {
	connection, err := net.DialTimeout("tcp", c.Gateway, paced(answerTime))
	if err != nil {
		return "", err
	}
	defer connection.Close()
	target := net.JoinHostPort(c.To.Name, strconv.Itoa(c.To.Port))
	if _, err := fmt.Fprintf(connection, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, target); err != nil {
		return "", err
	}
	if err := connection.SetReadDeadline(time.Now().Add(paced(answerTime))); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(line), nil
}
