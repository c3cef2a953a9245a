//! Questions and answers: a substream for each question, closed after its answer.

use super::{
    budget::{Budget, pace},
    event::{NetworkEvent, Offence, Reply, Request, RequestError, Response},
    exchange, frame,
    peer::Peer,
    protocol::Class,
    reading::end,
    session::Done,
    shared::{Shared, dropped},
    writing::granted,
};
use futures::AsyncWriteExt as _;
use libp2p::{PeerId, Stream};
use parking_lot::Mutex;
use std::{sync::Arc, time::Instant};
use tokio::{sync::oneshot, time::timeout};

/// Asks a peer. Waits for a free place among the questions to it and for the answer, as long as the limits say.
pub(super) async fn ask(
    shared: &Shared,
    peer: PeerId,
    request: Request,
) -> Result<Response, RequestError> {
    let peer = shared.book.get(&peer).ok_or(RequestError::NotConnected)?;
    let all = ask_now(shared, &peer, &request);
    timeout(shared.limits.request_timeout, all).await.map_err(|_| RequestError::Timeout)?
}

async fn ask_now(
    shared: &Shared,
    peer: &Peer,
    request: &Request,
) -> Result<Response, RequestError> {
    let limits = &shared.limits;
    let question = request.encode();
    if question.len() > limits.requests.frame_bytes {
        return Err(RequestError::TooLong);
    }
    let _place = peer.asking.acquire().await.map_err(|_| RequestError::Stopped)?;
    let rate = granted(shared, Class::Requests);
    peer.questions.lock().follow(rate, limits.requests.frame_bytes, Instant::now());
    pace(&peer.questions, question.len()).await;
    let mut stream = shared.open(peer.id, peer.connection, Class::Requests).await?;
    // A peer that is gone, or refuses by closing the substream.
    let gone = |_| RequestError::NotConnected;
    frame::write(&mut stream, &question, limits.frame_timeout).await.map_err(gone)?;
    peer.sent(Class::Requests, question.len());
    let answer = frame::read(&mut stream, limits.response_bytes, limits.request_timeout).await;
    let answer = answer.map_err(|error| {
        end(&error, |offence| shared.book.report(peer.id, peer.ip(), offence));
        RequestError::NotConnected
    })?;
    peer.received(Class::Requests, answer.len());
    match Response::decode(&answer) {
        Ok(response) if response.answers(request) => Ok(response),
        _ => {
            shared.book.report(peer.id, peer.ip(), Offence::Malformed);
            Err(RequestError::Malformed)
        }
    }
}

/// What a peer may ask, and what it is given: too many questions are a flood, long answers are slowed down.
#[derive(Debug)]
pub(super) struct Budgets {
    asked: Mutex<Budget>,
    given: Mutex<Budget>,
}

impl Budgets {
    pub(super) fn new(shared: &Shared, peer: &Peer) -> Self {
        let (limits, now) = (&shared.limits, Instant::now());
        let rate = Class::Requests.rate(limits, shared.book.in_set(peer));
        Self {
            asked: Mutex::new(Budget::new(rate, limits.requests.frame_bytes, now)),
            given: Mutex::new(Budget::new(rate, limits.response_bytes, now)),
        }
    }

    /// Keeps up with the peer's place in the validator set.
    fn follow(&self, shared: &Shared, peer: &Peer) {
        let (limits, now) = (&shared.limits, Instant::now());
        let rate = Class::Requests.rate(limits, shared.book.in_set(peer));
        self.asked.lock().follow(rate, limits.requests.frame_bytes, now);
        self.given.lock().follow(rate, limits.response_bytes, now);
    }
}

/// Answers one question of a peer.
pub(super) async fn serve(
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    mut stream: Stream,
    budgets: Arc<Budgets>,
) -> Done {
    let limits = &shared.limits;
    let report = |offence| shared.book.report(peer.id, peer.ip(), offence);
    let read = frame::read(&mut stream, limits.requests.frame_bytes, limits.frame_timeout);
    let question = match timeout(limits.frame_timeout, read).await {
        Ok(Ok(question)) => question,
        Ok(Err(error)) => {
            end(&error, report);
            return Done::Request;
        }
        Err(_) => return Done::Request,
    };
    peer.received(Class::Requests, question.len());
    budgets.follow(&shared, &peer);
    let is_paid = budgets.asked.lock().take(question.len(), Instant::now());
    let response = match Request::decode(&question) {
        _ if !is_paid => {
            dropped("flood", 1);
            report(Offence::Flood);
            Response::Refused
        }
        Err(_) => {
            report(Offence::Malformed);
            return Done::Request;
        }
        Ok(Request::Peers) => exchange::answer(&shared, &peer),
        Ok(request) => ask_node(&shared, peer.id, request).await,
    };
    let mut answer = response.encode();
    if answer.len() > limits.response_bytes {
        tracing::warn!(bytes = answer.len(), "an answer is too long for the network: refused");
        answer = Response::Refused.encode();
    }
    pace(&budgets.given, answer.len()).await;
    if frame::write(&mut stream, &answer, limits.frame_timeout).await.is_ok() {
        peer.sent(Class::Requests, answer.len());
        let _ = timeout(limits.frame_timeout, stream.close()).await;
    }
    Done::Request
}

async fn ask_node(shared: &Shared, peer: PeerId, request: Request) -> Response {
    let (reply, answer) = oneshot::channel();
    let event = NetworkEvent::Request { peer, request, reply: Reply(reply) };
    if shared.inbox.request(event).await.is_err() {
        return Response::Refused;
    }
    let answer = timeout(shared.limits.request_timeout, answer).await;
    answer.ok().and_then(Result::ok).unwrap_or(Response::Refused)
}
