package workers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"hash/crc32"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Programs ask by the public API, with a token that its person made in the chat. A token is shown once, in a message of its own
// that one tap takes away; what is kept is a keyed hash. It ends with the next request after it is revoked.

const (
	tokenStart  = "img_" // by which scanners of code find one that got out
	tokenBytes  = 32
	tokenShown  = 10 // characters of a token by which its person knows it
	tokenLength = len(tokenStart) + tokenRandom + tokenCheck
	tokenRandom = 43 // 32 bytes in base 62
	tokenCheck  = 6  // CRC-32 in base 62: what was typed wrong needs no look into the database
	tokenName   = 40 // characters of a name
)

// newToken makes a token.
func newToken() string {
	b := make([]byte, tokenBytes)
	_, _ = rand.Read(b) // never fails
	secret := base62(new(big.Int).SetBytes(b), tokenRandom)
	return tokenStart + secret + tokenSum(secret)
}

func tokenSum(secret string) string {
	return base62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(secret)))), tokenCheck)
}

// base62 writes a number in that many characters.
func base62(n *big.Int, width int) string {
	s := n.Text(62)
	return strings.Repeat("0", max(width-len(s), 0)) + s
}

// validToken reports whether a token can be one of ours.
func validToken(token string) bool {
	secret, ok := strings.CutPrefix(token, tokenStart)
	return ok && len(token) == tokenLength && tokenSum(secret[:tokenRandom]) == secret[tokenRandom:]
}

// Authenticate finds out whose token it is, or returns storage.ErrNotFound for one that is forged, revoked or of somebody who is being
// erased.
func (w *Workers) Authenticate(ctx context.Context, token string) (storage.Person, storage.Token, error) {
	if !validToken(token) {
		return storage.Person{}, storage.Token{}, storage.ErrNotFound
	}
	one, p, err := w.Store.TokenBy(ctx, token)
	if err == nil && p.Erasing {
		err = storage.ErrNotFound
	}
	return p, one, err
}

// apiCommand shows the tokens, or makes one of the name behind the command.
func (w *Workers) apiCommand(ctx context.Context, in *incoming, args string) error {
	if w.Settings.APIURL == "" {
		w.say(in, texts.MessageAPIOff, nil)
		return w.done(ctx, in)
	}
	if name := clean(args); name != "" {
		return w.makeToken(ctx, in, name)
	}
	text, rows, err := w.tokenList(ctx, in)
	if err != nil {
		return err
	}
	w.tell(in, messageBody{Chat: in.chat.ID, Text: text, Keyboard: rows})
	return w.done(ctx, in)
}

// tokenList is what can be done, and a button for each token.
func (w *Workers) tokenList(ctx context.Context, in *incoming) (string, [][]telegram.Button, error) {
	all, err := w.Store.Tokens(ctx, in.person.ID)
	if err != nil {
		return "", nil, err
	}
	var rows [][]telegram.Button
	for _, t := range all {
		rows = append(rows, row(telegram.Button{Text: "🔑 " + texts.Clip(tokenName, t.Name), Data: w.signer.Data(telegram.OpToken, t.ID, in.person.TelegramID, "")}))
	}
	rows = append(rows, row(w.button(in, texts.ButtonAPINew, telegram.OpToken, tokenNew, "")))
	return in.texts.HTML(texts.MessageAPI, map[string]any{"URL": w.Settings.APIURL, "Docs": strings.TrimSuffix(w.Settings.APIURL, "/v1") + "/developers"}), rows, nil
}

// The objects of [telegram.OpToken] beside a token's id, and what stands between one and what is done with it.
const (
	tokenNew  = "new"
	tokenHide = "hide"
	tokenAll  = "list"
	tokenDo   = "-"
)

// pressToken is a press around tokens.
func (w *Workers) pressToken(ctx context.Context, in *incoming, p press) error {
	if p.Op == telegram.OpTokenRevoke {
		return w.revokeToken(ctx, in, p)
	}
	switch p.Object {
	case tokenNew:
		w.answer(in, p, "")
		body := w.body(in, texts.MessageAPIName, nil)
		body.ReplyTo, body.Asks, body.About = p.messageID(), true, &storage.About{Token: true}
		w.tell(in, body)
		return w.done(ctx, in)
	case tokenHide:
		w.answer(in, p, "")
		w.unsay(in, p)
		return w.done(ctx, in)
	case tokenAll:
		return w.turnTokens(ctx, in, p, "")
	}
	id, limit, set := strings.Cut(p.Object, tokenDo)
	if !set {
		w.answer(in, p, "")
		return w.showToken(ctx, in, p, id)
	}
	monthly, err := strconv.ParseInt(limit, 10, 64)
	if err != nil || monthly < 0 {
		return w.expired(ctx, in, p)
	}
	return w.limitToken(ctx, in, p, id, monthly)
}

// turnTokens shows the list in the message whose button was pressed.
func (w *Workers) turnTokens(ctx context.Context, in *incoming, p press, answer texts.Key) error {
	text, rows, err := w.tokenList(ctx, in)
	if err != nil {
		return err
	}
	w.answer(in, p, answer)
	w.edit(in, p, text, rows)
	return w.done(ctx, in)
}

// tokenLimits are what a token can be kept to in a month.
var tokenLimits = []int64{0, 50, 100, 500, 1000, 5000}

// showToken shows one, with what it has spent and what can be done with it.
func (w *Workers) showToken(ctx context.Context, in *incoming, p press, id string) error {
	t, err := w.Store.OwnToken(ctx, in.person.ID, id)
	if errors.Is(err, storage.ErrNotFound) {
		return w.turnTokens(ctx, in, p, "")
	}
	if err != nil {
		return err
	}
	if err := w.tokenCard(ctx, in, p, t); err != nil {
		return err
	}
	return w.done(ctx, in)
}

func (w *Workers) tokenCard(ctx context.Context, in *incoming, p press, t storage.Token) error {
	spent, err := w.Store.TokenSpent(ctx, t.ID)
	if err != nil {
		return err
	}
	data := map[string]any{"Name": t.Name, "Prefix": t.Prefix, "Created": t.Created, "Used": nil, "Spent": spent, "Cap": t.Monthly}
	if !t.Used.IsZero() {
		data["Used"] = t.Used
	}
	var limits []telegram.Button
	for _, n := range tokenLimits {
		text := strconv.FormatInt(n, 10)
		if n == 0 {
			text = in.texts.Plain(texts.ButtonAPIAny, nil)
		}
		if n == t.Monthly {
			text = "✓ " + text
		}
		limits = append(limits, telegram.Button{Text: text, Data: w.signer.Data(telegram.OpToken, t.ID+tokenDo+strconv.FormatInt(n, 10), in.person.TelegramID, "")})
	}
	rows := append(grid(limits, 3), row(
		w.button(in, texts.ButtonBack, telegram.OpToken, tokenAll, ""), w.button(in, texts.ButtonAPIRevoke, telegram.OpTokenRevoke, t.ID, newNonce()),
	))
	w.edit(in, p, in.texts.HTML(texts.MessageAPIToken, data), rows)
	return nil
}

// limitToken keeps a token to so many credits a month.
func (w *Workers) limitToken(ctx context.Context, in *incoming, p press, id string, monthly int64) error {
	t, err := w.Store.OwnToken(ctx, in.person.ID, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !slices.Contains(tokenLimits, monthly) {
		return w.turnTokens(ctx, in, p, "")
	}
	if err != nil {
		return err
	}
	t.Monthly = monthly
	w.answer(in, p, "")
	if err := w.tokenCard(ctx, in, p, t); err != nil {
		return err
	}
	return w.tokenDone(ctx, in, func() (storage.Outbox, error) {
		return w.Store.LimitToken(ctx, in.effect, in.person.ID, id, monthly)
	})
}

// revokeToken ends a token.
func (w *Workers) revokeToken(ctx context.Context, in *incoming, p press) error {
	w.answer(in, p, texts.AnswerAPIRevoked)
	w.edit(in, p, in.texts.HTML(texts.MessageAPIRevoked, nil), rowsOf(row(w.button(in, texts.ButtonBack, telegram.OpToken, tokenAll, ""))))
	return w.tokenDone(ctx, in, func() (storage.Outbox, error) {
		return w.Store.RevokeToken(ctx, in.effect, in.person.ID, p.Object)
	})
}

// tokenDone commits a change of a token. One that is gone by now needs none.
func (w *Workers) tokenDone(ctx context.Context, in *incoming, commit func() (storage.Outbox, error)) error {
	out, err := commit()
	if errors.Is(err, storage.ErrNotFound) {
		return w.done(ctx, in)
	}
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// makeToken makes a token and shows it, this once.
func (w *Workers) makeToken(ctx context.Context, in *incoming, name string) error {
	if ok, err := w.agreed(ctx, in); err != nil || !ok {
		return err
	}
	id, err := w.Store.NewID()
	if err != nil {
		return err
	}
	token := newToken()
	t := storage.Token{ID: id, User: in.person.ID, Prefix: token[:tokenShown], TokenBody: storage.TokenBody{Name: texts.Clip(tokenName, name)}}
	said := len(in.effect.Sends)
	w.say(in, texts.MessageAPIMade, map[string]any{
		"Name": t.Name, "Token": token, "URL": w.Settings.APIURL, "Secret": webhookSecret(w.Store.TokenSecret(id)),
	}, row(w.button(in, texts.ButtonAPIHide, telegram.OpToken, tokenHide, "")))
	out, err := w.Store.AddToken(ctx, in.effect, t, token)
	switch {
	case errors.Is(err, storage.ErrTooMany):
		return w.sayInstead(ctx, in, said, texts.MessageAPIMany, map[string]any{"Count": storage.TokensMost})
	case errors.Is(err, storage.ErrRestricted):
		in.effect.Sends = in.effect.Sends[:said]
		return w.restricted(ctx, in, ask{})
	case err != nil:
		return err
	}
	w.post(ctx, out)
	return nil
}

// nameToken is a reply that names one.
func (w *Workers) nameToken(ctx context.Context, in *incoming, words string) error {
	if words = clean(words); words == "" || w.Settings.APIURL == "" {
		return w.apiCommand(ctx, in, "")
	}
	return w.makeToken(ctx, in, words)
}

// webhookSecret is a secret as Standard Webhooks writes it.
func webhookSecret(key []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(key) }
