// Command imagika is a Telegram service that paints what people describe, around a job queue. One binary plays every
// role; "imagika run" plays all of them at once.
//
// Its exit codes are a promise to scripts:
//
//	0    it worked
//	1    it failed
//	2    the command line or a setting is wrong; nothing was done
//	3    refused: the prompt, a value in it or the picture was not accepted; nothing was charged
//	130  interrupted; what was under way was taken back, or is said
package main

import (
	"context"
	"os"

	"github.com/imagika/imagika/cmd/internal/config"
)

func main() {
	s := newStreams(os.Stdin, os.Stdout, os.Stderr, config.Environ())
	ctx := s.interruptible(context.Background())
	os.Exit(s.report(root(s).ExecuteContext(ctx)))
}
