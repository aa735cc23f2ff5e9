//! Stories told from outside: the real binary, over HTTP, on the database `YIMEN_TEST_BACKEND` names.

mod sign_in;
