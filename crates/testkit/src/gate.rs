//! A gate before every outbox, which a test opens and shuts.

use std::pin::Pin;
use std::sync::Arc;

use countersign_domain::id::MessageId;
use countersign_domain::message::Message;
use countersign_service::delivery::NotSent;
use countersign_service::delivery::outbox;
use tokio::sync::watch;

/// What becomes of the messages that come to a gate.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Mood {
    /// They pass.
    #[default]
    Open,
    /// They are not taken now.
    Later,
    /// They are never taken.
    Never,
    /// Do not say whether they pass.
    Unknown,
    /// They wait until it is another.
    Held,
}

/// A gate that every message of every node must pass. Clones are one gate.
#[derive(Clone, Default, Debug)]
pub struct Gate(Arc<watch::Sender<State>>);

#[derive(Default, Debug)]
struct State {
    mood: Mood,
    tries: Vec<MessageId>,
}

impl Gate {
    pub fn set(&self, mood: Mood) {
        self.0.send_modify(|state| state.mood = mood);
    }

    /// The messages that came to it, each as often as it was tried.
    pub fn tries(&self) -> Vec<MessageId> {
        self.0.borrow().tries.clone()
    }

    /// Waits until so many have come to it in all.
    pub async fn tried(&self, count: usize) {
        let mut state = self.0.subscribe();
        let enough = state.wait_for(|state| state.tries.len() >= count).await;
        enough.unwrap();
    }
}

impl outbox::Gate for Gate {
    fn pass<'a>(
        &'a self,
        message: &'a Message,
    ) -> Pin<Box<dyn Future<Output = Result<(), NotSent>> + Send + 'a>> {
        self.0.send_modify(|state| state.tries.push(message.id));
        Box::pin(async {
            let mut state = self.0.subscribe();
            let state = state.wait_for(|state| state.mood != Mood::Held).await;
            let mood = state.unwrap().mood;
            match mood {
                Mood::Later => Err(NotSent::Later("the gate is shut for now".to_owned())),
                Mood::Unknown => Err(NotSent::Unknown("the gate did not answer".to_owned())),
                Mood::Never => Err(NotSent::Never("the gate is shut for good".to_owned())),
                Mood::Open | Mood::Held => Ok(()),
            }
        })
    }
}
