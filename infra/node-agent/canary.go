// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a canary waits to learn what became of it. Its routing look-up comes at once.
const patience = 300 * time.Millisecond

// pace is how many times as long as on a machine of its own everything may take here: where the processor is emulated, what
// waits for less gives up before it has begun.
var pace = 1.0

func paced(wait time.Duration) time.Duration {
	return time.Duration(float64(wait) * pace)
}

// canary is a known attempt, as harness/observe/canary/plan.ts plans it.
type canary struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	To   struct {
		Address  string `json:"address"`
		Port     int    `json:"port"`
		Name     string `json:"name"`
		Question struct {
			ID uint16 `json:"id"`
		} `json:"question"`
	} `json:"to"`
	Gateway string `json:"gateway"`
}

func (c canary) hostPort() string {
	return net.JoinHostPort(c.To.Address, strconv.Itoa(c.To.Port))
}

// addrPort of a plan that readPlan has looked through.
func (c canary) addrPort() netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(c.To.Address), uint16(c.To.Port))
}

// makers by kind. Each returns what the canary met: an error, or an answer.
var makers = map[string]func(canary) (string, error){
	"tcp4":             connectBy(0, nil),
	"tcp6":             connectBy(0, nil),
	"tcp-nonblocking4": connectNonblocking,
	"tcp-nonblocking6": connectNonblocking,
	"tcp-fastopen4":    sendWithSYN,
	"tcp-fastopen6":    sendWithSYN,
	"tcp-mptcp4":       connectBy(unix.IPPROTO_MPTCP, nil),
	"tcp-mptcp6":       connectBy(unix.IPPROTO_MPTCP, nil),
	"tcp-mapped4":      connectMapped,
	"tcp-device4":      connectBy(0, bindToDevice),
	"tcp-device6":      connectBy(0, bindToDevice),
	"tcp-32bit4":       connectBy32Bit,
	"tcp-32bit6":       connectBy32Bit,
	"tcp-uring4":       connectByRing(0),
	"tcp-uring6":       connectByRing(0),
	"tcp-sqpoll4":      connectByRing(ringPolled),
	"tcp-sqpoll6":      connectByRing(ringPolled),
	"udp4":             sendConnected,
	"udp6":             sendConnected,
	"udp-sendto4":      sendBy(sendto, nil),
	"udp-sendto6":      sendBy(sendto, nil),
	"udp-sendmsg4":     sendBy(sendmsg, nil),
	"udp-sendmsg6":     sendBy(sendmsg, nil),
	"udp-sendmmsg4":    sendBy(sendmmsg, nil),
	"udp-sendmmsg6":    sendBy(sendmmsg, nil),
	"udp-uring4":       sendBy(sendByRing(0), nil),
	"udp-uring6":       sendBy(sendByRing(0), nil),
	"udp-sqpoll4":      sendBy(sendByRing(ringPolled), nil),
	"udp-sqpoll6":      sendBy(sendByRing(ringPolled), nil),
	"udp-multicast4":   sendBy(sendto, outByDevice),
	"udp-multicast6":   sendBy(sendto, outByDevice),
	"icmp4":            echoBy(unix.SOCK_RAW),
	"icmp6":            echoBy(unix.SOCK_RAW),
	"ping4":            echoBy(unix.SOCK_DGRAM),
	"ping6":            echoBy(unix.SOCK_DGRAM),
	"header4":          sendWithHeader,
	"header6":          sendWithHeader,
	"packet4":          makeFrame,
	"packet6":          makeFrame,
	"proxy":            askProxy,
	"dns-udp4":         askOverUDP,
	"dns-udp6":         askOverUDP,
	"dns-tcp4":         askOverTCP,
	"dns-tcp6":         askOverTCP,
}

// met is what is printed of a canary.
type met struct {
	ID     string `json:"id"`
	Answer string `json:"answer"`
	// Unavailable: it was not made, as the kernel refused its socket; Answer says how.
	Unavailable bool `json:"unavailable,omitempty"`
}

// canaryMain makes all canaries of a plan at once and prints a line (met) for each. It fails only when the plan cannot be
// read: that nothing answers is what a canary expects.
func canaryMain(args []string) int {
	flags := flag.NewFlagSet("airgap-node canary", flag.ContinueOnError)
	encoded := flags.String("plan", "", "base64 of a JSON list of canaries")
	flags.Float64Var(&pace, "pace", pace, "how many times as long everything may take here")
	if flags.Parse(args) != nil {
		return 2
	}
	plan, err := readPlan(*encoded)
	if err != nil {
		fmt.Fprintf(os.Stderr, "airgap-node canary: %v\n", err)
		return 2
	}
	awaitLinks(plan)
	var (
		all    sync.WaitGroup
		output sync.Mutex
	)
	lines := json.NewEncoder(os.Stdout)
	for _, c := range plan {
		all.Go(func() {
			answer, err := makers[c.Kind](c)
			output.Lock()
			defer output.Unlock()
			_ = lines.Encode(met{ID: c.ID, Answer: answerOf(answer, err), Unavailable: errors.As(err, new(notHere))})
		})
	}
	all.Wait()
	return 0
}

func readPlan(encoded string) ([]canary, error) {
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("--plan: %w", err)
	}
	var plan []canary
	if err := json.Unmarshal(text, &plan); err != nil {
		return nil, fmt.Errorf("--plan: %w", err)
	}
	for _, c := range plan {
		if makers[c.Kind] == nil {
			return nil, fmt.Errorf("--plan: canary %q is of unknown kind %q", c.ID, c.Kind)
		}
		if c.To.Address != "" {
			if _, err := netip.ParseAddr(c.To.Address); err != nil {
				return nil, fmt.Errorf("--plan: canary %q: %w", c.ID, err)
			}
		}
	}
	return plan, nil
}

// answerOf says in a few words what a canary met: the kernel's own where there is one.
func answerOf(answer string, err error) string {
	var errno syscall.Errno
	var timeout net.Error
	switch {
	case err == nil:
		return answer
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer"
	default:
		return err.Error()
	}
}
