package telegram

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// A picture becomes a message that its person sends to another chat, and nobody else.
func TestPrepareMessage(t *testing.T) {
	t.Parallel()
	s := telegramtest.NewTest(t, telegramtest.Options{})
	c := fakeClient(t, s)
	ann, bob := s.Person(telegramtest.PersonConfig{FirstName: "Ann"}), s.Person(telegramtest.PersonConfig{FirstName: "Bob"})
	ann.Start("")
	g := s.Group("Foxes", ann, bob)
	for _, document := range []bool{false, true} {
		fox, send := Picture{ChatID: ann.ID(), Media: upload("fox.png", picture(t, 8, 8))}, c.SendPhoto
		if document {
			send = c.SendDocument
		}
		sent, err := send(t.Context(), fox)
		if err != nil {
			t.Fatal(err)
		}
		id, err := c.PrepareMessage(t.Context(), ann.ID(), FoundFile{ID: "a-0", FileID: sent.FileID, Document: document, Title: "a fox"})
		if err != nil {
			t.Fatal(err)
		}
		if m, err := ann.In(g).SendPrepared(id); err != nil || document != (m.Document != nil) || document == (len(m.Photo) > 0) {
			t.Errorf("sent %+v, %v", m, err)
		}
		if _, err := bob.In(g).SendPrepared(id); err == nil {
			t.Error("Bob sent what is Ann's")
		}
	}
	if _, err := c.PrepareMessage(t.Context(), 5, FoundFile{ID: "a-0", FileID: "x"}); ClassOf(err) != Blocked {
		t.Errorf("for nobody: %v", err)
	}
}

func TestStarsAgainstTheStrictFake(t *testing.T) {
	t.Parallel()
	s := telegramtest.NewTest(t, telegramtest.Options{})
	c := fakeClient(t, s)
	ann := s.Person(telegramtest.PersonConfig{FirstName: "Ann"})
	ann.Start("")
	pay := func(stars int, order string) string {
		charge, err := ann.Charge(stars, order)
		if err != nil {
			t.Fatal(err)
		}
		return charge
	}
	one, two, three := pay(50, "order-1"), pay(70, "order-2"), pay(90, "order-3")
	if err := c.RefundStars(t.Context(), ann.ID(), one); err != nil {
		t.Fatal(err)
	}
	if err := c.RefundStars(t.Context(), ann.ID(), one); err != nil {
		t.Errorf("refunded before: %v, want a success", err)
	}
	if err := c.RefundStars(t.Context(), ann.ID(), "x"); ClassOf(err) != Permanent {
		t.Errorf("a charge that is none: %v", err)
	}
	if err := s.Refund(two); err != nil {
		t.Fatal(err)
	}
	if err := s.Chargeback(three); err != nil {
		t.Fatal(err)
	}
	row := func(id string, stars int64, order string, out bool) StarTransaction {
		return StarTransaction{ID: id, Stars: stars, Out: out, Partner: "user", Invoice: true, User: ann.ID(), Payload: order}
	}
	want := []StarTransaction{
		row(one, 50, "order-1", false), row(two, 70, "order-2", false), row(three, 90, "order-3", false),
		row(one, 50, "order-1", true), row(two, 70, "order-2", true),
		{Stars: 90, Out: true, Partner: "other"},
	}
	got, err := c.StarTransactions(t.Context(), 0, MaxStarPage)
	if err != nil || len(got) != len(want) || got[5].ID == "" || time.Since(got[0].At) > time.Hour {
		t.Fatalf("%+v, %v", got, err)
	}
	got[5].ID = ""
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(StarTransaction{}, "At")); diff != "" {
		t.Error(diff)
	}
	if got, err = c.StarTransactions(t.Context(), 4, 1); err != nil || len(got) != 1 || got[0].ID != two {
		t.Errorf("a page: %+v, %v", got, err)
	}
	if n, err := c.StarBalance(t.Context()); err != nil || n != 0 {
		t.Errorf("balance %d, %v", n, err)
	}
}

// An answer that is not Telegram's yes is no success: of Stars nobody believes anything else.
func TestStarsAreNotGuessed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string
		want   Class
	}{
		"page":          {http.StatusBadGateway, "<html>bad gateway</html>", Transient},
		"page with 200": {http.StatusOK, "<html>hello</html>", Transient},
		"empty":         {http.StatusOK, "", Transient},
		"no result":     {http.StatusOK, `{"ok":true}`, Transient},
		"null":          {http.StatusOK, `{"ok":true,"result":null}`, Transient},
		"false":         {http.StatusOK, `{"ok":true,"result":false}`, Transient},
		"other type":    {http.StatusOK, `{"ok":true,"result":"True"}`, Transient},
		"too little":    {http.StatusBadRequest, `{"ok":false,"error_code":400,"description":"Bad Request: BALANCE_TOO_LOW"}`, Permanent},
		"quoted":        {http.StatusInternalServerError, `{"ok":false,"error_code":500,"description":"Internal Server Error"}`, Transient},
		"slow down":     {http.StatusTooManyRequests, `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":3}}`, RateLimited},
		"token revoked": {http.StatusUnauthorized, `{"ok":false,"error_code":401,"description":"Unauthorized"}`, Unauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, answer(tt.status, tt.body), nil)
			if err := c.RefundStars(t.Context(), 1, "x"); ClassOf(err) != tt.want {
				t.Errorf("refund: %v, want %s", err, tt.want)
			}
			if all, err := c.StarTransactions(t.Context(), 0, 1); ClassOf(err) != tt.want {
				t.Errorf("transactions: %v, %v, want %s", all, err, tt.want)
			}
			if n, err := c.StarBalance(t.Context()); ClassOf(err) != tt.want {
				t.Errorf("balance: %d, %v, want %s", n, err, tt.want)
			}
		})
	}
}
