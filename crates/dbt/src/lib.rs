//! Where dbt projects hold names of environments, and targets in their profiles.
