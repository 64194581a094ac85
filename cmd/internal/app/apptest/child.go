package apptest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
)

// Process is a process that is to run.
type Process struct {
	Role config.Role
	Env  []string // settings, and the variables above
	Step string   // see Steps
	Log  *os.File // nil: our standard error
}

// Child is the program in a process of its own.
type Child struct {
	Web string // address of the website

	cmd   *exec.Cmd
	alive io.Closer     // the process ends when this does
	ended chan struct{} // closed when it has
}

// errEnded says that the process ended before it ran.
var errEnded = errors.New("the program does not start")

// Spawn starts the program, waits until it runs, and kills it when the test ends. One that dies at its step before it can say
// that it runs has run.
func Spawn(tb testing.TB, p Process) *Child {
	tb.Helper()
	c, err := Start(p)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Kill)
	return c
}

// Start is Spawn where a process may fail to start, as it does while its servers are away. Whoever starts it kills it.
func Start(p Process) (*Child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), self)
	cmd.Env = append(append(config.Environ(), Steps+"="+p.Step, role+"="+string(p.Role)), p.Env...)
	cmd.Stderr = os.Stderr
	if p.Log != nil {
		cmd.Stderr = p.Log
	}
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &Child{cmd: cmd, alive: in, ended: make(chan struct{})}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil && strings.HasPrefix(line, "started ") {
		c.Web = strings.TrimSpace(strings.TrimPrefix(line, "started "))
		go func() { defer close(c.ended); _ = cmd.Wait() }()
		return c, nil
	}
	_ = cmd.Process.Kill()
	died := cmd.Wait()
	close(c.ended)
	if errors.Is(err, io.EOF) && strings.HasPrefix(p.Step, "kill:") && Killed(died) {
		return c, nil
	}
	return nil, fmt.Errorf("%w: %q, %w, %w", errEnded, line, err, died)
}

// Killed reports whether a process ended by the signal that nothing can catch.
func Killed(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// Pid is the process's number.
func (c *Child) Pid() int { return c.cmd.Process.Pid }

// Signal sends a signal.
func (c *Child) Signal(s os.Signal) error { return c.cmd.Process.Signal(s) }

// Kill ends the process at once, frozen or not. Killing twice is no error.
func (c *Child) Kill() {
	_ = c.cmd.Process.Kill()
	c.wait(10 * time.Second)
	_ = c.alive.Close()
}

// Stop asks the process to stop, and reports whether it did within the time.
func (c *Child) Stop(within time.Duration) bool {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	return c.wait(within)
}

// Ended reports whether the process has ended by itself.
func (c *Child) Ended() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// Died waits for the process to end by itself.
func (c *Child) Died(t testing.TB) {
	t.Helper()
	if !c.wait(90 * time.Second) {
		t.Fatal("the program did not reach the step at which it was to die")
	}
}

// wait reports whether the process ends within a time.
func (c *Child) wait(most time.Duration) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-c.ended:
		return true
	case <-timer.C:
		return false
	}
}
