package workers

import (
	"context"
	"strconv"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Operators have one chat, if the settings name it. What they are told goes through the outbox under an account of their own;
// the buttons are signed for the chat, so that everybody in it can press them.

// operatorName is the account that messages to the chat of the operators belong to.
const operatorName = "operators' chat"

// operators reports whether a chat is that of the operators.
func (w *Workers) operators(chat int64) bool { return chat != 0 && chat == w.Settings.Operators }

// operatorAccount is the one that messages to the chat belong to; the zero value where there is no chat.
func (w *Workers) operatorAccount(ctx context.Context) (storage.Person, error) {
	if w.Settings.Operators == 0 {
		return storage.Person{}, nil
	}
	return w.Store.Operator(ctx, operatorName)
}

// toOperators is a message to their chat, or none where there is no chat.
func (w *Workers) toOperators(desk storage.Person, key texts.Key, data map[string]any, rows ...[]telegram.Button) []storage.Send {
	if desk.ID == 0 {
		return nil
	}
	return []storage.Send{{User: desk.ID, Kind: storage.SendMessage, Body: messageBody{
		Chat: w.Settings.Operators, Text: w.printer(desk.Lang).HTML(key, data), Keyboard: rows,
	}}}
}

// operatorSends is toOperators for who has not asked for the account yet.
func (w *Workers) operatorSends(ctx context.Context, key texts.Key, data map[string]any) ([]storage.Send, error) {
	desk, err := w.operatorAccount(ctx)
	return w.toOperators(desk, key, data), err
}

// deskButton is one that everybody in the chat of the operators can press.
func (w *Workers) deskButton(p texts.Printer, key texts.Key, data map[string]any, op telegram.Op, object, nonce string) telegram.Button {
	return telegram.Button{Text: p.Plain(key, data), Data: w.signer.Data(op, object, w.Settings.Operators, nonce)}
}

// presser names an operator who pressed or wrote in the chat, for the audit: always by the same name, so that nobody is a
// second one to themselves.
func (w *Workers) presser(in *incoming) storage.By {
	return storage.By{Who: "chat:" + w.Sealer.Code("operator", strconv.FormatInt(in.person.ID, 10))}
}
