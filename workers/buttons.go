package workers

import (
	"crypto/rand"

	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// button makes a button that only the person of the update can press.
func (w *Workers) button(in *incoming, key texts.Key, op telegram.Op, object, nonce string) telegram.Button {
	return telegram.Button{Text: in.texts.Plain(key, nil), Data: w.signer.Data(op, object, in.person.TelegramID, nonce)}
}

// newNonce makes a button work once.
func newNonce() string { return rand.Text()[:10] }

// resultButtons stand under a result. The ones that spend carry fresh nonces, so that a double tap spends once.
func (w *Workers) resultButtons(p texts.Printer, owner int64, generation string) [][]telegram.Button {
	b := func(key texts.Key, op telegram.Op, nonce string) telegram.Button {
		return telegram.Button{Text: p.Plain(key, nil), Data: w.signer.Data(op, generation, owner, nonce)}
	}
	return [][]telegram.Button{
		telegram.Row(b(texts.ButtonAgain, telegram.OpAgain, newNonce()), b(texts.ButtonVary, telegram.OpVary, newNonce())),
		telegram.Row(b(texts.ButtonOriginal, telegram.OpOriginal, ""), b(texts.ButtonDelete, telegram.OpDelete, "")),
	}
}
