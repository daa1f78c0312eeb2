//! Answers an auditor: who may do what, what of it was used, what the least grants would be, and which rule decided.
