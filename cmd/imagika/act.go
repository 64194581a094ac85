package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os/user"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// A command of admin either looks or acts. One that looks answers with a value, which --json prints as it is. One that acts
// is made of a deed: it says who does it and why, asks before what cannot be undone, and leaves a line in the audit log.

// deed is what a command that acts does.
type deed struct {
	// needless says that no reason has to be given: it is about neither a person nor money.
	needless bool
	// check refuses arguments that cannot be meant; nil takes all.
	check func(args []string) error
	// warn says what is about to happen, for somebody to confirm; nil for what is undone as easily as it is done.
	warn func(ctx context.Context, args []string) (string, error)
	do   func(cmd *cobra.Command, by storage.By, args []string) error
	// dry is what --dry-run does instead, which takes no reason; nil where there is no such flag.
	dry func(ctx context.Context, args []string) error
}

// actsAnnotation marks commands that act, for whoever walks the tree of commands.
const actsAnnotation = "acts"

// The flags of every command that acts.
const (
	flagAccount = "account"
	flagWhy     = "why"
	flagYes     = "yes"
	flagDry     = "dry-run" // of those that can do without doing it
)

// acting makes c a command that acts.
func (s streams) acting(c *cobra.Command, d deed) *cobra.Command {
	c.Annotations = map[string]string{actsAnnotation: ""}
	f := c.Flags()
	f.String(flagAccount, "", "`NAME` of the operator, for the audit log; not given: IMAGIKA_OPERATOR, or who is logged in")
	f.String(flagWhy, "", "`WORDS` that say why, for the audit log")
	if d.warn != nil {
		f.Bool(flagYes, false, "do it without asking")
	}
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if d.check != nil {
			if err := d.check(args); err != nil {
				return err
			}
		}
		if dry, _ := cmd.Flags().GetBool(flagDry); dry && d.dry != nil {
			return deskError(cmd, d.dry(cmd.Context(), args))
		}
		by, err := s.by(cmd, d)
		if err == nil && d.warn != nil {
			err = s.confirm(cmd, d, args)
		}
		if err != nil {
			return err
		}
		return deskError(cmd, d.do(cmd, by, args))
	}
	return c
}

// by is who does it, and why.
func (s streams) by(cmd *cobra.Command, d deed) (by storage.By, err error) {
	cfg, _, err := s.load(cmd, config.RoleTool)
	if err != nil {
		return by, err
	}
	account, _ := cmd.Flags().GetString(flagAccount)
	if by.Who = cmp.Or(account, cfg.Operator, loggedIn(), "operator"); !sensible(by.Who) {
		return by, noAccount(by.Who)
	}
	why, _ := cmd.Flags().GetString(flagWhy)
	if by.Why = strings.Join(strings.Fields(why), " "); by.Why != "" || d.needless {
		return by, nil
	}
	if s.asks {
		if by.Why, err = s.ask(cmd.Context(), "Why? It stands in the audit log: "); err != nil || by.Why != "" {
			return by, err
		}
	}
	return by, usagef(`Add --why "…": it stands in the audit log.`, "%s: why is missing", cmd.CommandPath())
}

func noAccount(name string) error {
	return usagef("Write it as --account ann.", "--account: %q is no name", name)
}

// sensible reports whether a name can stand in a column. The colon is for those who press buttons in a chat.
func sensible(name string) bool {
	const longest = 64
	return len(name) <= longest && !strings.ContainsFunc(name, func(r rune) bool { return r == ':' || !unicode.IsGraphic(r) || unicode.IsSpace(r) })
}

// loggedIn is who runs the command; "" where the system does not know.
func loggedIn() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// confirm has somebody agree to what cannot be undone.
func (s streams) confirm(cmd *cobra.Command, d deed, args []string) error {
	if yes, _ := cmd.Flags().GetBool(flagYes); yes {
		return nil
	}
	text, err := d.warn(cmd.Context(), args)
	if err != nil {
		return deskError(cmd, err)
	}
	if !s.asks {
		return usagef("Add --yes to do it.", "%s: %s", cmd.CommandPath(), text)
	}
	s.err.Printf("%s\n", s.err.Bold(text))
	answer, err := s.ask(cmd.Context(), "Do it? [y/N] ")
	if err == nil && !strings.HasPrefix(strings.ToLower(answer), "y") {
		err = &exitError{exitInterrupted, errors.New("nothing was done"), ""}
	}
	return err
}

// ask reads a line that somebody types.
func (s streams) ask(ctx context.Context, question string) (string, error) {
	s.err.Printf("%s", question)
	type result struct {
		line string
		err  error
	}
	typed := make(chan result, 1)
	go func() {
		line, err := readLine(s.in)
		typed <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-typed:
		return strings.Join(strings.Fields(r.line), " "), r.err
	}
}

// readLine reads to the end of a line and not further: the next question has its own.
func readLine(r io.Reader) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for {
		n, err := r.Read(one)
		if n == 1 && one[0] == '\n' || errors.Is(err, io.EOF) {
			return string(line), nil
		}
		if err != nil {
			return "", err
		}
		line = append(line, one[:n]...)
	}
}

// lasting refuses a --for that is over before it begins: none at all is without end, which nobody means by 0.
func lasting(c *cobra.Command, length time.Duration) error {
	if c.Flags().Changed("for") && length <= 0 {
		return usagef("Write it as --for 72h, or leave it out: then it has no end.", "--for: %s is over before it begins", length)
	}
	return nil
}

// show prints v as JSON where that is asked for, and otherwise as people read it.
func (s streams) show(v any, err error, people func() error) error {
	if err != nil || *s.machine {
		return s.json(v, err)
	}
	return people()
}

// done is show for a sentence.
func (s streams) done(v any, err error, format string, args ...any) error {
	return s.show(v, err, func() error {
		s.out.Printf(format+"\n", args...)
		return nil
	})
}

// deskError is what ends a command whose operator was refused something.
func deskError(cmd *cobra.Command, err error) error {
	if errors.Is(err, app.ErrNobody) {
		return &exitError{exitRefused, err, "Start imagika run, or set IMAGIKA_DATA to the folder in which it runs."}
	}
	if _, told := errors.AsType[*exitError](err); !told && errors.As(err, new(*workers.OperatorError)) {
		return &exitError{exitRefused, err, "See " + cmd.CommandPath() + " --help."}
	}
	return err
}

// withStore hands f the database that the settings name.
func (s streams) withStore(cmd *cobra.Command, f func(context.Context, *storage.Store) error) error {
	return s.storeWithin(cmd.Context(), cmd, f)
}

// storeWithin is withStore in a context that is not the command's own.
func (s streams) storeWithin(ctx context.Context, cmd *cobra.Command, f func(context.Context, *storage.Store) error) error {
	cfg, log, err := s.load(cmd, config.RoleTool)
	if err != nil {
		return err
	}
	return deskError(cmd, app.WithStore(ctx, cfg, log, func(st *storage.Store) error { return f(ctx, st) }))
}

// elsewhere writes down an act whose effect is not in the database, and does it: rather a line for what failed than none for
// what was done. That it failed is a line of its own behind the first, because none is changed.
func (s streams) elsewhere(cmd *cobra.Command, a storage.Act, do func() error) error {
	note := func(ctx context.Context, a storage.Act) error {
		return s.storeWithin(ctx, cmd, func(ctx context.Context, st *storage.Store) error {
			_, err := st.Acted(ctx, storage.Effect{}, a)
			return err
		})
	}
	if err := note(cmd.Context(), a); err != nil {
		return err
	}
	err := do()
	if err != nil {
		a.What += actFailed
		err = errors.Join(err, note(context.WithoutCancel(cmd.Context()), a)) // also where somebody pressed Ctrl-C
	}
	return err
}

// actFailed ends the name of an act that was begun and not done.
const actFailed = " failed"
