package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// announceCommand is for what operators tell many people at once.
func announceCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "announce", Short: "Tell many people something, slowly", Args: noArguments,
		Long: `Announce sends a message to everybody, or to some, in their language, by and by and without a sound. Whom it is for is fixed when it starts. People who blocked the bot, want no news, are banned or had us stop using what we know of them are left out, and everybody can opt out by the button under it.

FILE has a line with a language in brackets, such as [de], and below it the text in Telegram's HTML, for each language there is. People in whose language there is no text read the English one, which there has to be.`,
		Example: `  imagika admin announce create news.txt --dry-run
  imagika admin announce create news.txt --active 720h
  imagika admin announce test 01KB2W8XGTQ4N0V7P6M5R3S1Z9
  imagika admin announce start 01KB2W8XGTQ4N0V7P6M5R3S1Z9`,
	}
	c.AddCommand(announceCreateCommand(s), announceTestCommand(s), announceListCommand(s), announceShowCommand(s), announceEditCommand(s))
	for _, m := range announceMoves() {
		c.AddCommand(announceMoveCommand(s, m))
	}
	return c
}

func announceCreateCommand(s streams) *cobra.Command {
	var draft workers.DraftAnnouncement
	var dry bool
	c := &cobra.Command{
		Use: "create FILE", Short: "Read a text and keep it as a draft; nobody is told yet", Args: cobra.ExactArgs(1),
		Long: `Create checks the texts, says whom they would reach and how long that would take, shows what people would read, and keeps a draft. With --dry-run it keeps nothing.`,
		Example: `  imagika admin announce create news.txt --dry-run
  imagika admin announce create news.txt --lang de,en --bought --pace 300`,
	}
	check := func(args []string) (err error) {
		if err := atLeast("pace", draft.Pace, 1, "300"); err != nil {
			return err
		}
		if err := atLeast("active", draft.Audience.Active, 0, "720h"); err != nil {
			return err
		}
		draft.Document, err = readTexts(args[0])
		return err
	}
	f := c.Flags()
	f.DurationVar(&draft.Audience.Active, "active", 0, "only people who asked for a picture within the last `TIME`, such as 720h")
	f.StringSliceVar(&draft.Audience.Languages, "lang", nil, "only people the bot speaks these `LANGUAGES` to, such as de,en")
	f.BoolVar(&draft.Audience.Bought, "bought", false, "only people who bought something")
	f.Int64Var(&draft.Pace, "pace", workers.AnnouncementPace, "`PEOPLE` a minute")
	f.BoolVar(&draft.Loud, "loud", false, "with a sound")
	f.BoolVar(&dry, "dry-run", false, "only say whom it would reach, and show it")
	return s.acting(c, deed{needless: true, check: check, do: func(cmd *cobra.Command, by storage.By, _ []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			if dry {
				v, err := d.Reach(ctx, draft)
				return s.show(v, err, func() error { return s.reach(v) })
			}
			v, err := d.AddAnnouncement(ctx, by, draft)
			return s.done(v, err, "Kept as %s; nobody is told yet. See it as people will: imagika admin announce test %s", v.ID, v.ID)
		})
	}})
}

// readTexts reads the file of an announcement.
func readTexts(name string) (string, error) {
	document, err := os.ReadFile(name)
	if err != nil {
		return "", usagef("Name the file with the texts.", "%w", err)
	}
	return string(document), nil
}

// reach shows whom a draft would reach and what they would read.
func (s streams) reach(v workers.ReachView) error {
	rows := [][]string{{"LANGUAGE", "PEOPLE", "READS"}}
	for _, lang := range slices.Sorted(maps.Keys(v.By)) {
		rows = append(rows, []string{lang, strconv.FormatInt(v.By[lang], 10), v.Reads[lang]})
	}
	rows = append(rows, []string{"all", strconv.FormatInt(v.People, 10), ""})
	if err := columns(s.out, rows); err != nil {
		return err
	}
	s.out.Printf("\nleft out: %d blocked the bot, %d want no news, %d are banned or restricted\ntakes about %s\n", v.Blocked, v.OptedOut, v.Barred, seconds(v.Takes))
	for _, lang := range slices.Sorted(maps.Keys(v.Shown)) {
		s.out.Printf("\n%s\n%s\n", s.out.Bold("["+lang+"]"), v.Shown[lang])
	}
	return nil
}

func announceTestCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "test ID", Short: "Show it to the operators alone", Args: cobra.ExactArgs(1),
		Long: `Test sends the announcement to the chat of the operators (IMAGIKA_OPERATOR_CHAT), in every language it has.`,
	}
	return s.acting(c, deed{needless: true, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			err := d.TestAnnouncement(ctx, by, args[0])
			return s.done(map[string]string{"announcement": args[0]}, err, "On its way to the chat of the operators.")
		})
	}})
}

func announceListCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List announcements, newest first", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				all, err := d.Announcements(ctx)
				if err != nil || *s.machine {
					return s.json(all, err)
				}
				rows := [][]string{{"ANNOUNCEMENT", "STATUS", "SENT", "LEFT", "STARTED", "TEXT"}}
				for _, v := range all {
					rows = append(rows, []string{
						v.ID, string(v.Status), people(v.By[storage.RecipientSent]), people(v.Left), dayOr(v.Started, "-"), oneLine(v.Texts[workers.AnnouncementFallback], 40),
					})
				}
				return columns(s.out, rows)
			})
		},
	}
	return c
}

func announceShowCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "show ID", Aliases: []string{"status"}, Short: "Say how far it got", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
				v, err := d.Announcement(ctx, args[0])
				if err != nil || *s.machine {
					return s.json(v, err)
				}
				return s.announcement(v)
			})
		},
	}
	return c
}

// announcement prints how far one got.
func (s streams) announcement(v workers.AnnouncementView) error {
	rows := [][]string{{"announcement", v.ID}, {"status", string(v.Status)}, {"for", audience(v.Audience)}, {"pace", fmt.Sprintf("%d people a minute", v.Pace)}}
	for _, status := range []storage.RecipientStatus{
		storage.RecipientSent, storage.RecipientBlocked, storage.RecipientSkipped, storage.RecipientFailed, storage.RecipientUncertain,
		storage.RecipientDeleted, storage.RecipientKept,
	} {
		if n, some := v.By[status]; some || status == storage.RecipientSent {
			rows = append(rows, []string{string(status), people(n)})
		}
	}
	rows = append(rows, []string{"opted out", people(v.OptedOut)})
	switch {
	case v.Counting:
		rows = append(rows, []string{"left", "being counted"})
	case v.Left > 0:
		rows = append(rows, []string{"left", fmt.Sprintf("%d, about %s", v.Left, seconds(v.ETA))})
	}
	for _, at := range []struct {
		what string
		time.Time
	}{{"created", v.Created}, {"started", v.Started}, {"ended", v.Ended}} {
		if !at.IsZero() {
			rows = append(rows, []string{at.what, dayOr(at.Time, "")})
		}
	}
	return columns(s.out, rows)
}

func people(n int64) string { return strconv.FormatInt(n, 10) }

// audience in words.
func audience(a storage.Audience) string {
	words := []string{"everybody"}
	if a.Active > 0 {
		words = append(words, "active within "+seconds(a.Active))
	}
	if len(a.Languages) > 0 {
		words = append(words, "spoken to in "+strings.Join(a.Languages, ", "))
	}
	if a.Bought {
		words = append(words, "who bought something")
	}
	return strings.Join(words, ", ")
}

func announceEditCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "edit ID FILE", Short: "Change the text, also where it was read already", Args: cobra.ExactArgs(2),
		Long: `Edit gives an announcement other texts. Messages that people have already are changed at the same pace; nobody is told a second time.`,
	}
	var document string
	check := func(args []string) (err error) {
		document, err = readTexts(args[1])
		return err
	}
	return s.acting(c, deed{check: check, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.ChangeAnnouncement(ctx, by, args[0], document)
			return s.show(v, err, func() error { return s.announcement(v) })
		})
	}})
}

// announceMove is an operator's word about an announcement.
type announceMove struct {
	name, short string
	to          storage.AnnouncementStatus
	// warn says what is about to happen; nil for what can be undone.
	warn func(ctx context.Context, d *workers.Desk, id string) (string, error)
}

func announceMoves() []announceMove {
	return []announceMove{
		{"start", "Begin to send it: find everybody it is for, and tell them", storage.AnnouncementSending, warnOfStart},
		{"pause", "Tell nobody else for now", storage.AnnouncementPaused, nil},
		{"resume", "Go on where it was paused", storage.AnnouncementSending, nil},
		{"cancel", "Tell nobody else; who was told keeps it", storage.AnnouncementCanceled, nil},
		{"delete", "Take it out of people's chats, within 48 hours", storage.AnnouncementDeleting, warnOfDelete},
	}
}

func announceMoveCommand(s streams, m announceMove) *cobra.Command {
	c := &cobra.Command{Use: m.name + " ID", Short: m.short, Args: cobra.ExactArgs(1)}
	d := deed{needless: m.warn == nil, do: func(cmd *cobra.Command, by storage.By, args []string) error {
		return s.withDesk(cmd, func(ctx context.Context, _ config.Config, d *workers.Desk) error {
			v, err := d.MoveAnnouncement(ctx, by, args[0], m.to)
			return s.show(v, err, func() error { return s.announcement(v) })
		})
	}}
	if m.warn != nil {
		d.warn = func(_ context.Context, args []string) (text string, err error) {
			err = s.withDesk(c, func(ctx context.Context, _ config.Config, d *workers.Desk) (err error) {
				text, err = m.warn(ctx, d, args[0])
				return err
			})
			return text, err
		}
	}
	return s.acting(c, d)
}

func warnOfStart(ctx context.Context, d *workers.Desk, id string) (string, error) {
	v, err := d.ReachAnnouncement(ctx, id)
	return fmt.Sprintf("%d people are told, which takes about %s. What somebody has read cannot be taken back.", v.People, seconds(v.Takes)), err
}

func warnOfDelete(ctx context.Context, d *workers.Desk, id string) (string, error) {
	v, err := d.Announcement(ctx, id)
	return fmt.Sprintf("It is taken out of the chats of %d people, and nobody else is told. It cannot be put back.", v.By[storage.RecipientSent]), err
}
