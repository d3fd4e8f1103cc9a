"""What every part of the tool shares: values, errors and configuration. It imports no other part and no AWS client."""
