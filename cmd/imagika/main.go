// Command imagika is a Telegram service that paints what people describe, around a job queue. One binary plays every
// role; "imagika run" plays all of them at once.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := root(os.Stdout, os.Stderr).ExecuteContext(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "imagika:", err)
		os.Exit(1)
	}
}
