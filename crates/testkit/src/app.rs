//! An application, served for one test.

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::api_key::{Grant, Scope};
use countersign_domain::audit::{Actor, Policy};
use countersign_domain::id::UserId;
use countersign_domain::key::MasterKey;
use countersign_domain::limits::{Limits as CountLimits, NodeLimits};
use countersign_domain::partner::{OwnSettings, PartnerSettings, SignUp, Slug};
use countersign_domain::password::Password;
use countersign_domain::sms::Budget;
use countersign_domain::{Caller, Clock, Entropy, Secret, SystemEntropy};
use countersign_server::listener::{self, Answers, Limits};
use countersign_server::{Metrics, Public, TrustedProxies};
use countersign_service::audit::{Auditor, Ledger};
use countersign_service::breached::Breached;
use countersign_service::delivery::Delivery;
use countersign_service::delivery::outbox::Outbox;
use countersign_service::delivery::writing::Writer;
use countersign_service::operator::{CreatedKey, NewKey, NewUser, Operator, WhichUser};
use countersign_service::{Partners, Parts, PasswordCost, Passwords, Service, rotate_keys};
use countersign_store::{Batch, Migrate, Store, users};
use reqwest::StatusCode;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{Answer, Browser, Client, Gate, MockClock};

/// A database in a folder of its own, and the nodes on it.
pub struct TestApp {
    /// The clock of every node.
    pub clock: MockClock,
    /// What every node's messages must pass.
    pub gate: Gate,
    /// How messages reach people from nodes that are started from now on; into the outbox of
    /// each where nothing is said.
    pub delivery: Option<Delivery>,
    /// What holds for the default partner.
    pub settings: PartnerSettings,
    /// How the audit is kept.
    pub audit: Policy,
    /// What SMS may cost: with it, the outbox stands for a provider that charges for each.
    pub sms: Option<Budget>,
    /// What a node takes, over all partners.
    pub node_limits: NodeLimits,
    /// Whose word on the client's address counts.
    pub proxies: TrustedProxies,
    folder: TempDir,
    /// The leaked passwords that nobody may choose.
    pub breached: Breached,
    passwords: Passwords,
    node: Option<TestNode>,
}

/// One node: a service of its own, served on loopback.
pub struct TestNode {
    pub service: Service,
    pub url: String,
    /// Where only its operator's machines should reach it.
    pub private_url: String,
    _stop: DropGuard,
}

impl TestApp {
    /// The user that every application has.
    pub const USERNAME: &str = "my_username";
    /// Its password.
    pub const PASSWORD: &str = "MyPa$$w0rd";

    /// An application with sign-up open and short passwords allowed.
    pub async fn start() -> Self {
        let settings = PartnerSettings {
            sign_up: SignUp::Open,
            password_min_length: 8,
            limits: Self::LOOSE,
            ..PartnerSettings::default()
        };
        Self::with(settings).await
    }

    /// Limits that no test meets which is not about them.
    pub const LOOSE: CountLimits = CountLimits {
        dry_run: false,
        code_pause: Duration::ZERO,
        codes_per_hour: 100,
        codes_per_day: 200,
        password_guesses_per_hour: 10_000,
        code_guesses_per_hour: 10_000,
        sends_per_minute: 1_000_000,
        guesses_per_minute: 1_000_000,
    };

    /// An application with sign-up open, short passwords allowed and these limits.
    pub async fn limited(limits: CountLimits) -> Self {
        Self::with(PartnerSettings {
            sign_up: SignUp::Open,
            password_min_length: 8,
            limits,
            ..PartnerSettings::default()
        })
        .await
    }

    /// An application whose default partner has these settings.
    pub async fn with(settings: PartnerSettings) -> Self {
        Self::priced(settings, None).await
    }

    /// The same, where SMS cost something.
    pub async fn priced(settings: PartnerSettings, sms: Option<Budget>) -> Self {
        settings.check().unwrap();
        // The floor of what is allowed: a test's time is better spent elsewhere.
        let cost = PasswordCost {
            memory_kib: 19_456,
            iterations: 2,
            threads: 2,
        };
        let mut app = Self {
            clock: MockClock::default(),
            gate: Gate::default(),
            delivery: None,
            settings,
            audit: Policy::default(),
            sms,
            node_limits: NodeLimits::default(),
            proxies: TrustedProxies::default(),
            folder: tempfile::tempdir().unwrap(),
            breached: Breached::default(),
            passwords: Passwords::new(cost, entropy()).unwrap(),
            node: None,
        };
        app.node = Some(app.another_node().await);
        app.furnish().await;
        app
    }

    /// Adds the user that every application has, so that the audit tells nothing of it. Nobody
    /// could choose its password: it is the one that all examples are of.
    async fn furnish(&self) {
        let (store, now) = (self.store(), self.clock.now());
        let id = UserId::generate(now, &*entropy());
        let partner = Slug::default_partner();
        let name = format!("username:{}", Self::USERNAME).parse().unwrap();
        let password = Secret::new(Self::PASSWORD.to_owned());
        let password = Password::present(&password).unwrap();
        let hash = self.passwords.hash(password).await.unwrap();
        let user = users::insert(id, &partner, Some(&hash), now);
        let identity = users::insert_identity(&partner, &name, id, None, now);
        let batch = Batch::new().then(user).then(identity);
        store.commit(batch).await.unwrap();
    }

    /// The node that is there from the start.
    pub fn node(&self) -> &TestNode {
        self.node.as_ref().unwrap()
    }

    /// The service of the node that is there from the start.
    pub fn service(&self) -> &Service {
        &self.node().service
    }

    /// A client of the node that is there from the start.
    pub fn client(&self) -> Client {
        Client::new(self.node().url.clone())
    }

    /// Another node on the same database, with a store of its own.
    pub async fn another_node(&self) -> TestNode {
        let service = Service::start(Parts {
            store: self.store(),
            clock: Arc::new(self.clock.clone()),
            entropy: entropy(),
            master_key: master_key(),
            defaults: self.settings.clone(),
            passwords: self.passwords.clone(),
            breached: self.breached.clone(),
            delivery: self.delivery(),
            sms: self.sms.clone(),
            audit: self.audit,
            limits: self.node_limits,
        });
        serve(service.await.unwrap(), self.proxies.clone()).await
    }

    /// Two more nodes on the same database, and a client of each of the three.
    pub async fn three_nodes(&self) -> ([TestNode; 2], [Client; 3]) {
        let others = [self.another_node().await, self.another_node().await];
        let client = |node: &TestNode| Client::new(node.url.clone());
        let clients = [client(self.node()), client(&others[0]), client(&others[1])];
        (others, clients)
    }

    fn delivery(&self) -> Delivery {
        let outbox = || Delivery::Outbox(outbox().behind(Arc::new(self.gate.clone())));
        self.delivery.clone().unwrap_or_else(outbox)
    }

    /// What an operator does, by a command in another process.
    pub async fn operator(&self) -> Operator {
        let store = self.store();
        Operator {
            partners: Partners::load(&store, self.settings.clone()).await.unwrap(),
            store,
            clock: Arc::new(self.clock.clone()),
            entropy: entropy(),
            passwords: self.passwords.clone(),
            breached: self.breached.clone(),
            ledger: self.ledger(),
            limits: master_key().limit_key(),
            actor: Actor::Operator,
            caller: self.caller(),
            node: None,
        }
    }

    /// The name of the user that every application has.
    pub fn user_name(&self) -> WhichUser {
        Self::name_of(&format!("username:{}", Self::USERNAME))
    }

    /// Rotates the sealing keys, as a command in another process does.
    pub async fn rotate_keys(&self) {
        let (store, clock) = (self.store(), self.clock.clone());
        let ledger = self.ledger();
        let caller = ledger.local_caller(self.clock.now());
        let by = (&ledger, &caller);
        rotate_keys(&store, &master_key(), by, &clock, &*entropy())
            .await
            .unwrap();
    }

    /// What makes entries of the audit, as in every node.
    pub fn ledger(&self) -> Ledger {
        Ledger::new(&master_key(), self.audit.addresses, entropy())
    }

    /// The audit, as a command in another process sees it.
    pub fn auditor(&self) -> Auditor {
        Auditor {
            store: self.store(),
            ledger: self.ledger(),
            clock: Arc::new(self.clock.clone()),
            retention: self.audit.retention,
        }
    }

    /// Somebody who asks the service itself, past HTTP.
    pub fn caller(&self) -> Caller {
        self.ledger().local_caller(self.clock.now())
    }

    /// The folder with the database.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Makes the database answer nothing about who is signed in, or everything again.
    pub fn set_away(&self, away: bool) {
        let database = self.folder.path().join("countersign.db");
        let database = rusqlite::Connection::open(database).unwrap();
        let names = ["authentications", "authentications_away"];
        let [from, to] = if away { names } else { [names[1], names[0]] };
        let rename = format!("ALTER TABLE {from} RENAME TO {to}");
        database.execute(&rename, []).unwrap();
    }

    /// Moves the clock on, and lets the first node read the feed as it does four times a
    /// second.
    pub async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.service().poll_feed().await.unwrap();
    }

    /// The newest code that was sent to this address, once all that is due is delivered.
    pub async fn code_for(&self, address: &str) -> Option<String> {
        self.service().deliver().await.unwrap();
        let messages = self.service().delivery().outbox().unwrap().messages();
        let to = messages
            .into_iter()
            .find(|message| message.to.value() == address);
        to.map(|message| message.code.expose().clone())
    }

    /// Logs in by SMS, as a stranger where nobody has the number: the authentication's answer
    /// and a session's token.
    pub async fn signed_in_by_sms(&self, phone: &str) -> (Answer, String) {
        let client = self.client();
        let id = client.begin(phone).await.text_of("id");
        let number: countersign_domain::identity::Identity =
            format!("phone:{phone}").parse().unwrap();
        let code = self.code_for(number.value()).await.unwrap();
        let authentication = client.answer(&id, &code).await.expect(StatusCode::OK);
        let session = client
            .exchange(&authentication.text_of("token"))
            .await
            .text_of("token");
        (authentication, session)
    }

    /// The name of the user who has this identity.
    pub fn name_of(identity: &str) -> WhichUser {
        WhichUser::Identity(Slug::default_partner(), identity.parse().unwrap())
    }

    /// Adds a user with this identity, and a password if one is given.
    pub async fn add_user(&self, identity: &str, password: Option<&str>) {
        let password = password.map(|password| Secret::new(password.to_owned()));
        let new = NewUser {
            partner: &Slug::default_partner(),
            identities: &[identity.parse().unwrap()],
            password: password.as_ref(),
            proved: false,
        };
        self.operator().await.add_user(&new).await.unwrap();
    }

    /// Adds a partner that sets nothing itself.
    pub async fn add_partner(&self, slug: &str) {
        let (slug, own) = (slug.parse().unwrap(), OwnSettings::default());
        let operator = self.operator().await;
        operator.add_partner(&slug, &own).await.unwrap();
        self.service().poll_feed().await.unwrap();
    }

    /// Changes what a partner sets itself: a JSON merge patch.
    pub async fn set_partner(&self, slug: &str, patch: serde_json::Value) {
        let slug = slug.parse().unwrap();
        let patched = self.operator().await.set_partner(&slug, &patch).await;
        patched.unwrap();
        self.service().poll_feed().await.unwrap();
    }

    /// A browser that finds the first node behind this public URL.
    pub fn browser(&self, public: &str) -> Browser {
        Browser::new(&self.node().url, public)
    }

    /// The text of a new API key of a partner.
    pub async fn api_key(&self, partner: &str, scopes: &[Scope]) -> String {
        let created = self.create_api_key(partner, scopes, None).await;
        created.text.expose().to_owned()
    }

    /// The text of a new API key of the operator.
    pub async fn operator_key(&self) -> String {
        let new = NewKey {
            grant: Grant::new(None, [Scope::Admin]).unwrap(),
            name: String::new(),
            life: None,
        };
        let created = self.operator().await.create_api_key(new).await.unwrap();
        created.text.expose().to_owned()
    }

    /// A new API key of a partner.
    pub async fn create_api_key(
        &self,
        partner: &str,
        scopes: &[Scope],
        life: Option<Duration>,
    ) -> CreatedKey {
        let new = NewKey {
            grant: Grant::new(partner.parse().ok(), scopes.iter().copied()).unwrap(),
            name: "a test".to_owned(),
            life,
        };
        self.operator().await.create_api_key(new).await.unwrap()
    }

    fn store(&self) -> Store {
        let path = self.folder.path().join("countersign.db");
        Store::open_sqlite(&path, Migrate::Apply).unwrap()
    }
}

fn entropy() -> Arc<dyn Entropy> {
    Arc::new(SystemEntropy::default())
}

/// What is sent, in the words that are in the binary.
fn outbox() -> Outbox {
    Outbox::new(Writer::load(None, None).unwrap())
}

fn master_key() -> MasterKey {
    MasterKey::new(&Secret::new([42; 32]))
}

async fn serve(service: Service, proxies: TrustedProxies) -> TestNode {
    let stop = CancellationToken::new();
    let metrics = Metrics::new(&service);
    let public = Public::new(service.clone(), metrics.clone(), proxies);
    let url = listen(public, &stop).await;
    let private = countersign_server::private::router(service.clone(), metrics);
    let private_url = listen(private, &stop).await;
    TestNode {
        service,
        url,
        private_url,
        _stop: stop.drop_guard(),
    }
}

/// Serves on a free port until it is told to stop.
async fn listen(answers: impl Answers, stop: &CancellationToken) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let serve = listener::serve(socket, answers, Limits::default(), stop.clone());
    tokio::spawn(serve);
    url
}
