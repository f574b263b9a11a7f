// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// loaders is how many connections ask at the same time.
const loaders = 4

// loadMain asks for a page as fast as it is answered: load URL SECONDS. It prints answers per second. For the bench.
func loadMain(args []string) int {
	if len(args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: airgap-node load URL SECONDS")
		return 2
	}
	seconds, err := strconv.ParseFloat(args[1], 64)
	if err != nil || seconds <= 0 {
		fmt.Fprintf(os.Stderr, "airgap-node load: %q is not a number of seconds above 0\n", args[1])
		return 2
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(seconds*float64(time.Second)))
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: loaders}}
	var answered, failed atomic.Int64
	var group sync.WaitGroup
	for range loaders {
		group.Go(func() {
			for ctx.Err() == nil {
				if err := fetch(ctx, client, args[0]); err == nil {
					answered.Add(1)
				} else if ctx.Err() == nil {
					failed.Add(1)
				}
			}
		})
	}
	group.Wait()
	if failed.Load() > 0 {
		fmt.Fprintf(os.Stderr, "airgap-node load: %d requests failed\n", failed.Load())
		return 1
	}
	fmt.Printf("%.1f\n", float64(answered.Load())/seconds)
	return 0
}

func fetch(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}
