package bridge

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A homeserver that goes away is noticed though nothing is being asked of it;
// tidying up on our own side is no such sign.
func TestHangingUpIsNoticed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	noticed := make(chan struct{}, 10)
	client := &http.Client{Transport: newTransport(func() { noticed <- struct{}{} })}
	ask := func() {
		t.Helper()
		response, err := client.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		if err = response.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	client.CloseIdleConnections()
	ask()
	select {
	case <-noticed:
		t.Fatal("our own closing was taken for the homeserver's")
	default:
	}
	server.CloseClientConnections()
	select {
	case <-noticed:
	case <-time.After(30 * time.Second):
		t.Fatal("the end of the connection was not noticed")
	}
}
