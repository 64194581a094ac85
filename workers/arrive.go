package workers

import (
	"context"
	"regexp"
	"strings"

	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Addresses open the bot with something to begin with: t.me/<bot>?start=<name>_<what>. Who has agreed gets it at once; who
// is new finds it behind a button once they have, because the address rides along with the button that agrees.

// link is one kind of them.
type link struct {
	name   string
	button texts.Key
	open   func(w *Workers, ctx context.Context, in *incoming, what string) error
}

func startLinks() []link {
	return []link{
		{buyLink, texts.ButtonBuy, func(w *Workers, ctx context.Context, in *incoming, pack string) error {
			return w.order(ctx, in, pack, "")
		}},
		{promoLink, texts.ButtonRedeem, (*Workers).redeem},
		{giftLink, texts.ButtonGiftOpen, (*Workers).openGift},
	}
}

// linkForm is what fits into a button beside the version of the terms.
var linkForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,35}$`)

// linked finds out what an address is about.
func linked(start string) (l link, what string, ok bool) {
	if !linkForm.MatchString(start) {
		return l, "", false
	}
	name, what, _ := strings.Cut(start, "_")
	for _, l := range startLinks() {
		if l.name == name {
			return l, what, true
		}
	}
	return l, "", false
}

// openLink does what an address is about.
func (w *Workers) openLink(ctx context.Context, in *incoming, start string) error {
	l, what, ok := linked(start)
	if !ok {
		w.say(in, texts.MessageStartAgain, nil)
		return w.done(ctx, in)
	}
	return l.open(w, ctx, in, what)
}

// linkButton opens what somebody came with, after they agreed; none if they came with nothing.
func (w *Workers) linkButton(in *incoming, start string) (rows [][]telegram.Button) {
	l, _, ok := linked(start)
	if !ok {
		return nil
	}
	return rowsOf(row(w.button(in, l.button, telegram.OpLink, start, "")))
}
