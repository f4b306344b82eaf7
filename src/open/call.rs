//! Request and reply, over two mailboxes: a question goes to the server's, and names the box of the
//! client that the answer goes to.
//!
//! ```text
//!     Client --- question, number, name of the box ---> | server's mailbox | ---> Server
//!     Client <--- | reply box | <------ answer, number ------------------------- Server
//! ```
//!
//! Each mailbox is its receiver's own. So a client that waits for an answer is told when the server
//! goes, and a server that has an answer for a client that is gone has it back.

mod client;
mod letter;
mod server;

pub use self::client::Client;
pub use self::server::{Call, Server};
pub use crate::link::call::CallError;
