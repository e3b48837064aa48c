"""From a WSDL and its XSD to a spyne application: operations, types and validation are the contract's own.

The types of the service are spyne classes that spyne's own reader makes of the XSD; requests are validated against
that very file by libxml2, and spyne finds the operation. Replies are lxml elements built by the portal and put into
the envelope as they are, since building 500 grievances of 40 elements from Python objects costs more than a second.
"""
import logging

from lxml import etree
from spyne import Application, Service, rpc
from spyne.error import Fault
from spyne.model.fault import Fault as FaultModel
from spyne.protocol.soap import Soap11
from spyne.util.xml import parse_schema_file

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"

logging.getLogger("spyne").setLevel(logging.CRITICAL)


class Refused(Fault):
    """A SOAP fault of the portal's own: Refused("Client.Auth", "...")."""


class Contract:
    def __init__(self, wsdl, xsd):
        self.wsdl_path, self.xsd_path = str(wsdl), str(xsd)
        tree = etree.parse(self.wsdl_path)
        self.namespace = tree.getroot().get("targetNamespace")
        self.types = parse_schema_file(self.xsd_path)[self.namespace].types
        self.document = etree.parse(self.xsd_path)
        self.schema = etree.XMLSchema(self.document)
        messages = {m.get("name"): m.find(WSDL + "part").get("element").split(":")[-1]
                    for m in tree.iter(WSDL + "message")}
        self.operations = {}  # name -> (request element, response element, SOAPAction)
        for binding in tree.iter(WSDL + "binding"):
            for o in binding.iter(WSDL + "operation"):
                self.operations[o.get("name")] = [None, None, o.find(SOAP + "operation").get("soapAction")]
        for port in tree.iter(WSDL + "portType"):
            for o in port.iter(WSDL + "operation"):
                words = [o.find(WSDL + side).get("message").split(":")[-1] for side in ("input", "output")]
                self.operations[o.get("name")][:2] = [messages[w] for w in words]

    def faults(self, service):
        """What the WSDL, the XSD and the service do not agree on; an empty list when all is well."""
        elements = {e.get("name"): e.get("type") for e in self.document.getroot().findall(XSD + "element")}
        said = []
        for name, (request, response, action) in self.operations.items():
            for element in (request, response):
                if element not in elements:
                    said.append(f"operation {name}: the XSD has no element {element}")
                elif elements[element] not in self.types:
                    said.append(f"element {element}: the XSD has no type {elements[element]}")
            if action != f"{self.namespace}/{name}":
                said.append(f"operation {name}: unexpected SOAPAction")
            if not callable(getattr(service, name, None)):
                said.append(f"operation {name}: the portal has no such method")
        used = {e for request, response, _ in self.operations.values() for e in (request, response)}
        said += [f"element {e}: no operation uses it" for e in elements if e not in used]
        return said

    def published(self, url):
        """The WSDL as the portal gives it out: types in it, its own address in it."""
        tree = etree.parse(self.wsdl_path)
        types = tree.getroot().find(WSDL + "types")
        types[:] = [etree.fromstring(etree.tostring(self.document.getroot()))]
        for address in tree.iter(SOAP + "address"):
            address.set("location", url)
        return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")

    def application(self, service):
        """A spyne application whose every operation calls service.<operation>(request element)."""
        said = self.faults(service)
        if said:
            raise SystemExit("the contract does not hold together:\n  " + "\n  ".join(said))
        methods = {}
        for name, (request, response, _) in self.operations.items():
            methods[name] = self._method(getattr(service, name), name, self.types[request], self.types[response])
        kind = type("Grievances", (Service,), methods)
        application = Application([kind], self.namespace, name="Grievances", in_protocol=Envelope(self.schema),
                                  out_protocol=Envelope(self.schema))
        # Else each reply would declare spyne's dozen prefixes.
        application.interface.nsmap = {"soap11env": Soap11.ns_soap_env}
        return application

    @staticmethod
    def _method(function, name, takes, gives):
        def method(ctx, request):
            return function(ctx.in_body_doc)
        method.__name__ = name
        return rpc(takes, _returns=gives, _body_style="bare", _operation_name=name)(method)


class Envelope(Soap11):
    """SOAP 1.1 by spyne, but bodies are validated by the contract's own XSD and stay lxml elements."""

    def __init__(self, schema):
        super().__init__(cleanup_namespaces=False, huge_tree=True)
        self.contract = schema

    def validate_body(self, ctx, message):
        if not self.contract.validate(ctx.in_body_doc):
            first = self.contract.error_log[0]
            raise Fault("Client.SchemaValidationError", f"line {first.line}: not as the contract says")

    def from_element(self, ctx, cls, element):
        return element

    def to_parent(self, ctx, cls, inst, parent, ns, *args, **kwargs):
        if isinstance(inst, etree._Element):
            parent.append(inst)
            return None
        assert issubclass(cls, (Fault, FaultModel)), cls
        return super().to_parent(ctx, cls, inst, parent, ns, *args, **kwargs)
