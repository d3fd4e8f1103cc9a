"""What every room of the tool shares: values, errors and configuration. It imports no room and no AWS client."""
