//! slashes
