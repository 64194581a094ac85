package workers

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// button makes a button that only the person of the update can press.
func (w *Workers) button(in *incoming, key texts.Key, op telegram.Op, object, nonce string) telegram.Button {
	return telegram.Button{Text: in.texts.Plain(key, nil), Data: w.signer.Data(op, object, in.person.TelegramID, nonce)}
}

// newNonce makes a button work once.
func newNonce() string { return rand.Text()[:10] }

// target is what a button under a result is about: one of its images, and how.
type target struct {
	generation string
	n          int    // from 0
	how        string // what else the op has to know, or empty
}

// parseTarget reads a button's object. One without a number is of an older release and about the first image.
func parseTarget(object string) target {
	parts := append(strings.SplitN(object, "-", 3), "", "")
	n, err := strconv.Atoi(parts[1])
	if err != nil || n < 0 {
		n = 0
	}
	return target{parts[0], n, parts[2]}
}

func (t target) String() string {
	object := t.generation + "-" + strconv.Itoa(t.n)
	if t.how != "" {
		object += "-" + t.how
	}
	return object
}

// The hows of ops. Those of the other page are never empty, so that a press tells which page it was on.
const (
	subtly, strongly = "s", "l"
	twice, fourTimes = "2", "4"
	zoomOut          = "z"
	panLeft          = "l"
	panUp            = "u"
	panRight         = "r"
	panDown          = "d"
)

// board makes the keyboards under a result. Only what can be served is shown, with its price where it has one; buttons
// that spend carry fresh nonces, so that a double tap spends once.
type board struct {
	w      *Workers
	texts  texts.Printer
	owner  storage.Person
	g      storage.Generation
	images []storage.Image
	n      int   // the image that the buttons are about
	chat   int64 // where they stand
}

// resultButtons stand under a result in a chat.
func (w *Workers) resultButtons(chat int64, p texts.Printer, owner storage.Person, g storage.Generation, images []storage.Image) [][]telegram.Button {
	return w.board(chat, p, owner, g, images, 0).first()
}

// board is about an image of a result. What the owner keeps out now counts, and not what they did when it was made.
func (w *Workers) board(chat int64, p texts.Printer, owner storage.Person, g storage.Generation, images []storage.Image, n int) board {
	g.Request.Without = owner.Settings.Without
	return board{w, p, owner, g, images, n, chat}
}

// first is the page with what people do most.
func (b board) first() [][]telegram.Button {
	star := b.free("", telegram.OpFavorite, "1")
	star.Text = "☆"
	if b.g.Favorite {
		star = b.free("", telegram.OpFavorite, "0")
		star.Text = "⭐"
	}
	return rowsOf(
		b.numbers(telegram.OpActions),
		row(b.again(), b.onImage(texts.ButtonVary, telegram.OpVary, ""), b.onImage(texts.ButtonUpscale, telegram.OpUpscale, "")),
		row(b.edit(), star, b.free(texts.ButtonMore, telegram.OpMore, "")),
		row(b.app()),
	)
}

// app shows the result in the Mini App, where there is one. Telegram takes such a button in private chats alone.
func (b board) app() telegram.Button {
	if b.w.Settings.AppURL == "" || b.chat != b.owner.TelegramID {
		return telegram.Button{}
	}
	return telegram.Button{Text: b.texts.Plain(texts.ButtonInApp, nil), App: b.w.appAddress(appResult(b.g.ID))}
}

// more is the page with the rest.
func (b board) more() [][]telegram.Button {
	return rowsOf(
		b.numbers(telegram.OpMore),
		row(b.priced(texts.ButtonVarySubtle, telegram.OpVary, subtly), b.priced(texts.ButtonVaryStrong, telegram.OpVary, strongly)),
		row(b.sign("🔎 2×", telegram.OpUpscale, twice), b.sign("🔎 4×", telegram.OpUpscale, fourTimes), b.priced(texts.ButtonZoomOut, telegram.OpExpand, zoomOut)),
		row(b.sign("⬅️", telegram.OpExpand, panLeft), b.sign("➡️", telegram.OpExpand, panRight), b.sign("⬆️", telegram.OpExpand, panUp), b.sign("⬇️", telegram.OpExpand, panDown)),
		row(b.free(texts.ButtonRemix, telegram.OpRemix, ""), b.compare(), b.reference()),
		row(b.free(texts.ButtonOriginal, telegram.OpOriginal, ""), b.free(texts.ButtonDetails, telegram.OpDetails, ""), b.share()),
		row(b.free(texts.ButtonReport, telegram.OpReport, ""), b.free(texts.ButtonDelete, telegram.OpDelete, ""), b.free(texts.ButtonBack, telegram.OpActions, "")),
	)
}

// ended is for a generation without images.
func (b board) ended() [][]telegram.Button {
	return rowsOf(row(b.again(), b.free(texts.ButtonDelete, telegram.OpDelete, "")))
}

// confirm asks once more before a result is deleted.
func (b board) confirm() [][]telegram.Button {
	yes := b.free(texts.ButtonDeleteYes, telegram.OpDeleteYes, "")
	yes.Data = b.data(telegram.OpDeleteYes, "", newNonce())
	return rowsOf(row(yes, b.free(texts.ButtonDeleteNo, telegram.OpDeleteNo, "")))
}

// page is the one a press with this how was on.
func (b board) page(how string) [][]telegram.Button {
	switch {
	case len(b.images) == 0:
		return b.ended()
	case how == "":
		return b.first()
	}
	return b.more()
}

// numbers choose the image that the other buttons are about, where there are several.
func (b board) numbers(op telegram.Op) (all []telegram.Button) {
	if len(b.images) < 2 {
		return nil
	}
	chosen := b.n
	for n := range b.images {
		text := strconv.Itoa(n + 1)
		if n == chosen {
			text = "✓ " + text
		}
		b.n = n
		all = append(all, telegram.Button{Text: text, Data: b.data(op, "", "")})
	}
	return all
}

// free is a button that costs nothing.
func (b board) free(key texts.Key, op telegram.Op, how string) telegram.Button {
	var text string
	if key != "" {
		text = b.texts.Plain(key, nil)
	}
	return telegram.Button{Text: text, Data: b.data(op, how, "")}
}

func (b board) data(op telegram.Op, how, nonce string) string {
	return b.w.signer.Data(op, target{b.g.ID, b.n, how}.String(), b.owner.TelegramID, nonce)
}

// again is shown as long as whoever painted it is offered.
func (b board) again() telegram.Button {
	a := repeated(b.g)
	if !b.w.possible(a) {
		return telegram.Button{}
	}
	return telegram.Button{Text: b.texts.Plain(texts.ButtonAgain, nil), Data: b.data(telegram.OpAgain, "", newNonce())}
}

// edit is shown where anybody can change a picture.
func (b board) edit() telegram.Button {
	if _, ok := b.w.onImage(b.g, b.images, target{n: b.n}, providers.Edit); !ok {
		return telegram.Button{}
	}
	return b.free(texts.ButtonEdit, telegram.OpEdit, "")
}

// reference is shown where anybody can change a picture, in the private chat where the next prompt is awaited.
func (b board) reference() telegram.Button {
	if _, ok := b.w.onImage(b.g, b.images, target{n: b.n}, providers.Edit); !ok || b.g.Request.Chat != b.owner.TelegramID {
		return telegram.Button{}
	}
	return b.free(texts.ButtonReference, telegram.OpReference, "")
}

// compare is shown where somebody else could paint the same.
func (b board) compare() telegram.Button {
	if len(b.w.rivals(b.g)) == 0 {
		return telegram.Button{}
	}
	return b.free(texts.ButtonCompare, telegram.OpCompare, "")
}

// onImage is a button for an operation on the image, without its price.
func (b board) onImage(key texts.Key, op telegram.Op, how string) telegram.Button {
	text, _, ok := b.spending(b.texts.Plain(key, nil), op, how)
	if !ok {
		return telegram.Button{}
	}
	return text
}

// priced is one with its price.
func (b board) priced(key texts.Key, op telegram.Op, how string) telegram.Button {
	return b.sign(b.texts.Plain(key, nil), op, how)
}

// sign is one whose text is the same in every language.
func (b board) sign(text string, op telegram.Op, how string) telegram.Button {
	button, price, ok := b.spending(text, op, how)
	if !ok {
		return telegram.Button{}
	}
	if price > 0 {
		button.Text = fmt.Sprintf("%s · %d", button.Text, price)
	}
	return button
}

func (b board) spending(text string, op telegram.Op, how string) (button telegram.Button, price int64, ok bool) {
	a, ok := b.w.operation(b.g, b.images, target{b.g.ID, b.n, how}, op)
	if !ok {
		return button, 0, false
	}
	return telegram.Button{Text: text, Data: b.data(op, how, newNonce())}, a.price, true
}

// row is a row of the buttons that there are.
func row(buttons ...telegram.Button) (all []telegram.Button) {
	for _, b := range buttons {
		if b.Text != "" {
			all = append(all, b)
		}
	}
	return all
}

// rowsOf are the rows that have buttons.
func rowsOf(rows ...[]telegram.Button) (all [][]telegram.Button) {
	for _, r := range rows {
		if len(r) > 0 {
			all = append(all, r)
		}
	}
	return all
}
